// SPDX-License-Identifier: BSD-3-Clause
// A server built without Lua.
#include "scripting/engine.h"

namespace rota {

std::unique_ptr<ScriptEngine> make_lua_engine() { return nullptr; }

}  // namespace rota
