// SPDX-License-Identifier: BSD-3-Clause
// The INFO sections that need the whole server. Names, order and formats are Valkey's.
#pragma once

namespace rota {

class InfoRegistry;
class Server;

void add_info_sections(Server&, InfoRegistry&);

}  // namespace rota
