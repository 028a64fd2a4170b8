// SPDX-License-Identifier: BSD-3-Clause
#include "types/list.h"

#include "platform/assert.h"

namespace rota {

List::List(Encoding encoding, void* object) {
    if (encoding == Encoding::listpack) {
        pack_ = Listpack::adopt(object);
    } else {
        ASSERT(encoding == Encoding::quicklist);
        chain_.reset(static_cast<Quicklist*>(object));
    }
}

void* List::release() { return chain_ ? chain_.release() : pack_.release(); }

List List::copy() const { return chain_ ? List(chain_->copy()) : List(pack_.copy()); }

size_t List::allocated_bytes(size_t samples) const {
    return chain_ ? chain_->allocated_bytes(samples) : pack_.allocated_bytes();
}

// -- Between the two forms --

void List::expect(size_t bytes, size_t count, int node_limit) {
    if (chain_) return;
    if (!NodeLimit(node_limit).exceeded_by(pack_.byte_count() + bytes, pack_.count() + count))
        return;
    chain_ = std::make_unique<Quicklist>(node_limit);
    chain_->append(std::move(pack_));
    pack_ = Listpack::adopt(nullptr);
}

List List::of(std::unique_ptr<Quicklist> chain, int node_limit) {
    const Listpack* pack =
        chain->node_count() == 1 ? Quicklist::pack_of(chain->first_node()) : nullptr;
    if (pack != nullptr && NodeLimit(node_limit).fits_listpack(pack->byte_count(), chain->size()))
        return List(chain->take_listpack());
    return List(std::move(chain));
}

void List::has_shrunk(int node_limit) {
    if (!chain_ || !chain_->can_be_listpack(NodeLimit(node_limit))) return;
    pack_ = chain_->take_listpack();
    chain_.reset();
}

// -- Elements --

void List::push(End end, Slice value) {
    if (chain_) return chain_->push(end, value);
    pack_.insert(end == End::head ? pack_.first() : Listpack::kNone, value);
}

List::Place List::seek(int64_t index) const {
    if (chain_) return {.in_chain = chain_->seek(index)};
    return {.in_pack = pack_.seek(index)};
}

List::Place List::next(Place place) const {
    if (chain_) return {.in_chain = chain_->next(place.in_chain)};
    return {.in_pack = pack_.next(place.in_pack)};
}

List::Place List::previous(Place place) const {
    if (chain_) return {.in_chain = chain_->previous(place.in_chain)};
    return {.in_pack = pack_.previous(place.in_pack)};
}

Listpack::Value List::get(Place place) const {
    return chain_ ? chain_->get(place.in_chain) : pack_.get(place.in_pack);
}

bool List::equals(Place place, Slice wanted) const {
    char scratch[kIntegerTextMax];
    return get(place).text(scratch) == wanted;
}

void List::insert(Place place, Side side, Slice value) {
    if (chain_) return chain_->insert(place.in_chain, side, value);
    pack_.insert(side == Side::after ? pack_.next(place.in_pack) : place.in_pack, value);
}

void List::replace(Place place, Slice value) {
    chain_ ? chain_->replace(place.in_chain, value) : pack_.replace(place.in_pack, value);
}

List::Place List::erase(Place place, Side neighbour) {
    if (chain_) return {.in_chain = chain_->erase(place.in_chain, neighbour)};
    const auto behind = pack_.erase(place.in_pack);
    if (neighbour == Side::after) return {.in_pack = behind};
    return {.in_pack = behind != Listpack::kNone ? pack_.previous(behind) : pack_.last()};
}

void List::erase_range(size_t index, size_t count) {
    if (chain_) return chain_->erase_range(index, count);
    pack_.erase_range(static_cast<int64_t>(index), count);
}

}  // namespace rota
