// SPDX-License-Identifier: BSD-3-Clause
#include "types/kind.h"

#include "platform/assert.h"

namespace rota {

Slice type_name(Type type) {
    switch (type) {
        case Type::string:
            return "string";
        case Type::list:
            return "list";
        case Type::set:
            return "set";
        case Type::zset:
            return "zset";
        case Type::hash:
            return "hash";
        case Type::stream:
            return "stream";
        case Type::module:
            return "module";
    }
    UNREACHABLE();
}

Slice encoding_name(Encoding encoding) {
    switch (encoding) {
        case Encoding::raw:
            return "raw";
        case Encoding::integer:
            return "int";
        case Encoding::embstr:
            return "embstr";
        case Encoding::quicklist:
            return "quicklist";
        case Encoding::listpack:
            return "listpack";
        case Encoding::intset:
            return "intset";
        case Encoding::hashtable:
            return "hashtable";
        case Encoding::skiplist:
            return "skiplist";
        case Encoding::stream:
            return "stream";
    }
    UNREACHABLE();
}

}  // namespace rota
