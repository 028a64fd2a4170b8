// SPDX-License-Identifier: BSD-3-Clause
// Buffer: a growable run of bytes that this object owns. Unlike std::string it can grow without
// zeroing (extend), give up its front cheaply (drop_front) and hand back its memory (release).
// Threading: one owner at a time. Growth invalidates every Slice of it.
#pragma once

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "platform/assert.h"
#include "platform/slice.h"

namespace rota {

class Buffer {
public:
    Buffer() = default;
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        swap(other);
        return *this;
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { std::free(data_); }

    char* data() { return data_ + head_; }
    const char* data() const { return data_ + head_; }
    size_t size() const { return tail_ - head_; }
    bool empty() const { return head_ == tail_; }
    size_t capacity() const { return capacity_; }
    Slice view() const { return {data_ + head_, size()}; }

    // Room for count more bytes at the end; call commit() with how many of them were written.
    char* extend(size_t count) {
        if (capacity_ - tail_ < count) [[unlikely]]
            grow(count);
        return data_ + tail_;
    }
    void commit(size_t count) {
        ASSERT(count <= capacity_ - tail_);
        tail_ += count;
    }
    void append(Slice bytes) {
        if (bytes.empty()) return;
        std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
        tail_ += bytes.size();
    }
    void append(char byte) {
        *extend(1) = byte;
        ++tail_;
    }
    // Opens a gap of bytes.size() at offset `at` and fills it; what follows moves back.
    void insert(size_t at, Slice bytes) {
        ASSERT(at <= size());
        if (bytes.empty()) return;
        extend(bytes.size());
        char* gap = data() + at;
        std::memmove(gap + bytes.size(), gap, size() - at);
        std::memcpy(gap, bytes.data(), bytes.size());
        tail_ += bytes.size();
    }
    void drop_front(size_t count) {
        ASSERT(count <= size());
        head_ += count;
        if (head_ == tail_) head_ = tail_ = 0;
    }
    void truncate(size_t new_size) {
        ASSERT(new_size <= size());
        tail_ = head_ + new_size;
    }
    void clear() { head_ = tail_ = 0; }
    // Empties it and gives its memory back to the allocator.
    void release() {
        std::free(data_);
        data_ = nullptr;
        head_ = tail_ = capacity_ = 0;
    }
    void swap(Buffer& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(head_, other.head_);
        std::swap(tail_, other.tail_);
        std::swap(capacity_, other.capacity_);
    }

private:
    void grow(size_t count) {
        if (head_ != 0 && head_ >= size() && capacity_ - size() >= count) {
            std::memcpy(data_, data_ + head_, size());  // the dropped front is room enough
        } else {
            const size_t wanted = size() + count;
            ASSERT(wanted >= count);
            const size_t doubled = capacity_ < (size_t{1} << 20) ? capacity_ * 2
                                                                 : capacity_ + (capacity_ >> 1);
            const size_t next = wanted > doubled ? wanted : doubled;
            char* moved = static_cast<char*>(std::malloc(next < 64 ? 64 : next));
            if (moved == nullptr) throw std::bad_alloc();
            if (!empty()) std::memcpy(moved, data_ + head_, size());
            std::free(data_);
            data_ = moved;
            capacity_ = next < 64 ? 64 : next;
        }
        tail_ -= head_;
        head_ = 0;
    }

    char* data_ = nullptr;
    size_t head_ = 0;  // first byte in use
    size_t tail_ = 0;  // one past the last
    size_t capacity_ = 0;
};

}  // namespace rota
