// SPDX-License-Identifier: BSD-3-Clause
// FunctionStore: the libraries of functions, as persistence sees them: each is its source code.
// Threading: the owner of the keyspace.
#pragma once

#include <functional>

#include "platform/result.h"
#include "platform/slice.h"

namespace rota {

class FunctionStore {
public:
    virtual ~FunctionStore() = default;
    virtual void for_each_library(const std::function<void(Slice code)>& visit) const = 0;
    // In the place of one of the same name.
    virtual Result<> load_library(Slice code) = 0;
};

}  // namespace rota
