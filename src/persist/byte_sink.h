// SPDX-License-Identifier: BSD-3-Clause
// ByteSink: where written bytes go, in order. A sink that can fail remembers that it did; whoever
// owns it asks at the end. Threading: one owner.
#pragma once

#include <string>

#include "platform/slice.h"

namespace rota {

class ByteSink {
public:
    virtual ~ByteSink() = default;
    virtual void write(Slice) = 0;
};

class StringSink : public ByteSink {
public:
    void write(Slice bytes) override { bytes_ += bytes; }
    std::string& bytes() { return bytes_; }

private:
    std::string bytes_;
};

}  // namespace rota
