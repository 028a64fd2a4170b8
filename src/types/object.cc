// SPDX-License-Identifier: BSD-3-Clause
#include "types/object.h"

#include "platform/assert.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/stream.h"
#include "types/zset.h"

namespace rota {
namespace {

// Lends the object to a value class for the time of one call.
template <class Value, class Use>
auto with(Encoding encoding, const void* object, Use use) {
    Value value(encoding, const_cast<void*>(object));
    auto result = use(value);
    (void)value.release();
    return result;
}

template <class Use>
auto dispatch(Type type, Encoding encoding, const void* object, Use use) {
    switch (type) {
        case Type::list:
            return with<List>(encoding, object, use);
        case Type::set:
            return with<Set>(encoding, object, use);
        case Type::hash:
            return with<Hash>(encoding, object, use);
        case Type::stream:
            return with<Stream>(encoding, object, use);
        case Type::zset:
            return with<ZSet>(encoding, object, use);
        default:
            UNREACHABLE();
    }
}

}  // namespace

void destroy_object(Type type, Encoding encoding, void* object) {
    switch (type) {
        case Type::list:
            List(encoding, object);
            return;
        case Type::set:
            Set(encoding, object);
            return;
        case Type::hash:
            Hash(encoding, object);
            return;
        case Type::stream:
            Stream(encoding, object);
            return;
        case Type::zset:
            ZSet(encoding, object);
            return;
        default:
            UNREACHABLE();
    }
}

bool drain_object(Type type, Encoding encoding, void* object, size_t steps) {
    return dispatch(type, encoding, object, [steps](auto& value) { return value.drain(steps); });
}

size_t object_blocks(Type type, Encoding encoding, const void* object) {
    return dispatch(type, encoding, object, [](const auto& value) { return value.block_count(); });
}

void* copy_object(Type type, Encoding encoding, const void* object) {
    return dispatch(type, encoding, object, [](const auto& value) {
        auto copy = value.copy();
        return copy.release();
    });
}

size_t object_size(Type type, Encoding encoding, const void* object) {
    return dispatch(type, encoding, object, [](const auto& value) { return value.size(); });
}

size_t object_bytes(Type type, Encoding encoding, const void* object, size_t samples) {
    return dispatch(type, encoding, object,
                    [samples](const auto& value) { return value.allocated_bytes(samples); });
}

}  // namespace rota
