// SPDX-License-Identifier: BSD-3-Clause
// The table at 10^4 to 10^7 keys: hit (one by one, and in batches with prefetch), miss, insert with
// all its resizes, erase, a resize alone; and what a key costs in memory. Keys and values as the
// load generators make them: 16 bytes of key; values of 16, 64 and 512 bytes.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <vector>

#include "store/db.h"
#include "store/shared_reader.h"
#include "store/slab.h"

namespace rota {
namespace {

constexpr size_t kKeyBytes = 16;

struct Name {
    char text[kKeyBytes + 1];
    explicit Name(uint64_t number) {
        std::snprintf(text, sizeof text, "key:%012lu", number % 1'000'000'000'000);
    }
    operator Slice() const { return {text, kKeyBytes}; }
};

size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    size_t total = 0;
    size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

struct Filled {
    Filled(size_t key_count, size_t value_size)
        : resident_before(resident_bytes()), keys(key_count), value_bytes(value_size) {
        options.hash_seed = "bench";
        keyspace = std::make_unique<Keyspace>(1, options, effects);
        keyspace->clock().now_ms = 1'700'000'000'000;
        const std::string value(value_bytes, 'x');
        for (size_t i = 0; i < keys; ++i) db().set_string(keyspace->key(Name(i)), value);
        while (db().table().step(1'000'000)) {
        }
    }
    Db& db() { return keyspace->db(0); }

    const size_t resident_before;
    const size_t keys;
    const size_t value_bytes;
    StoreOptions options;
    Effects effects;
    std::unique_ptr<Keyspace> keyspace;
};

// The benchmark library calls a function several times; filling is the expensive part.
Filled& filled(size_t keys, size_t value_bytes) {
    static std::unique_ptr<Filled> kept;
    if (!kept || kept->keys != keys || kept->value_bytes != value_bytes) {
        kept.reset();
        kept = std::make_unique<Filled>(keys, value_bytes);
    }
    return *kept;
}

uint64_t next(uint64_t& state) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

// Requests that are parsed and hashed already, in random order, more than the caches hold.
std::vector<std::pair<Name, uint64_t>> requests(const Keyspace& keyspace, size_t first,
                                                size_t keys) {
    std::vector<std::pair<Name, uint64_t>> out;
    uint64_t state = 1;
    for (size_t i = 0; i < (size_t{1} << 17); ++i) {
        const Name name(first + next(state) % keys);
        out.emplace_back(name, keyspace.key(name).hash);
    }
    return out;
}

void report(benchmark::State& state, size_t per_iteration) {
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(per_iteration));
}

// range: keys, value bytes, batch (0: no prefetch). Each hit's value is copied, as into a reply.
void BM_hit(benchmark::State& state) {
    Filled& f = filled(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)));
    const size_t prefetch = static_cast<size_t>(state.range(2));
    const size_t batch = std::max<size_t>(prefetch, 1);
    const auto wanted = requests(*f.keyspace, 0, f.keys);
    static char reply[1 << 16];
    size_t at = 0;
    for (auto _ : state) {
        const auto* request = &wanted[at];
        for (size_t i = 0; i < prefetch; ++i) f.db().prefetch_bucket(request[i].second);
        for (size_t i = 0; i < prefetch; ++i) f.db().prefetch_entry(request[i].second);
        for (size_t i = 0; i < batch; ++i) {
            const Entry* entry = f.db().find_read({request[i].first, request[i].second});
            const Slice value = entry->value();
            std::memcpy(reply + i * value.size(), value.data(), value.size());
        }
        benchmark::ClobberMemory();
        at = (at + batch) % (wanted.size() - 64);
    }
    report(state, batch);
}

// range: keys, batch. As BM_hit, but by the way that readers on other threads go.
void BM_hit_shared(benchmark::State& state) {
    Filled& f = filled(static_cast<size_t>(state.range(0)), 16);
    const size_t prefetch = static_cast<size_t>(state.range(1));
    const size_t batch = std::max<size_t>(prefetch, 1);
    const auto wanted = requests(*f.keyspace, 0, f.keys);
    const int64_t now_ms = f.keyspace->clock().now_ms;
    SharedReader reader(*f.keyspace);
    reader.quiescence().online();
    static char reply[1 << 16];
    size_t at = 0;
    for (auto _ : state) {
        const auto* request = &wanted[at];
        for (size_t i = 0; i < prefetch; ++i) f.db().prefetch_bucket_shared(request[i].second);
        for (size_t i = 0; i < prefetch; ++i) f.db().prefetch_entry_shared(request[i].second);
        for (size_t i = 0; i < batch; ++i) {
            const Key key{request[i].first, request[i].second};
            const Slice value = reader.read(0, key, now_ms).entry->value();
            std::memcpy(reply + i * value.size(), value.data(), value.size());
        }
        reader.quiescence().quiescent();
        benchmark::ClobberMemory();
        at = (at + batch) % (wanted.size() - 64);
    }
    reader.quiescence().offline();
    report(state, batch);
}

void BM_miss(benchmark::State& state) {
    Filled& f = filled(static_cast<size_t>(state.range(0)), 16);
    const size_t prefetch = static_cast<size_t>(state.range(1));
    const size_t batch = std::max<size_t>(prefetch, 1);
    const auto wanted = requests(*f.keyspace, f.keys, f.keys);
    size_t at = 0;
    for (auto _ : state) {
        const auto* request = &wanted[at];
        for (size_t i = 0; i < prefetch; ++i) f.db().prefetch_bucket(request[i].second);
        for (size_t i = 0; i < batch; ++i)
            benchmark::DoNotOptimize(f.db().find_read({request[i].first, request[i].second}));
        at = (at + batch) % (wanted.size() - 64);
    }
    report(state, batch);
}

// SET of keys that are there, with a value of the same size.
void BM_overwrite(benchmark::State& state) {
    Filled& f = filled(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)));
    const size_t batch = static_cast<size_t>(state.range(2));
    const auto wanted = requests(*f.keyspace, 0, f.keys);
    const std::string value(f.value_bytes, 'y');
    size_t at = 0;
    for (auto _ : state) {
        const auto* request = &wanted[at];
        for (size_t i = 0; i < batch; ++i) f.db().prefetch_bucket(request[i].second);
        for (size_t i = 0; i < batch; ++i) f.db().prefetch_entry(request[i].second);
        for (size_t i = 0; i < batch; ++i)
            f.db().set_string({request[i].first, request[i].second}, value);
        at = (at + batch) % (wanted.size() - 64);
    }
    report(state, batch);
}

// From empty to full, all resizes included.
void BM_insert(benchmark::State& state) {
    const size_t keys = static_cast<size_t>(state.range(0));
    filled(1, 16);  // drops what another benchmark has filled
    for (auto _ : state) Filled f(keys, 16);
    report(state, keys);
}

void BM_erase(benchmark::State& state) {
    const size_t keys = static_cast<size_t>(state.range(0));
    for (auto _ : state) {
        state.PauseTiming();
        auto f = std::make_unique<Filled>(keys, 16);
        state.ResumeTiming();
        for (size_t i = 0; i < keys; ++i) f->db().erase(f->keyspace->key(Name(i)));
        state.PauseTiming();
        f.reset();
        state.ResumeTiming();
    }
    report(state, keys);
}

// A growth of the whole table, per key moved.
void BM_rehash(benchmark::State& state) {
    const size_t keys = static_cast<size_t>(state.range(0));
    for (auto _ : state) {
        state.PauseTiming();
        auto f = std::make_unique<Filled>(keys, 16);
        state.ResumeTiming();
        f->db().table().reserve(keys * 2);
        while (f->db().table().resizing()) f->db().table().step(64);
        state.PauseTiming();
        f.reset();
        state.ResumeTiming();
    }
    report(state, keys);
}

// bytes/key by the process's resident set, and of that the table with its nodes.
void BM_memory(benchmark::State& state) {
    filled(1, 1);
    malloc_trim(0);
    const size_t before = resident_bytes();
    for (auto _ : state) {
        Filled& f =
            filled(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)));
        const double keys = static_cast<double>(f.keys);
        state.counters["rss/key"] = static_cast<double>(resident_bytes() - before) / keys;
        state.counters["table/key"] = static_cast<double>(f.db().table().memory_bytes()) / keys;
        state.counters["slab/key"] = static_cast<double>(entry_slab().used_bytes()) / keys;
    }
}

constexpr int64_t k10M = 10'000'000;
BENCHMARK(BM_memory)->Iterations(1)->ArgsProduct({{100'000, 1'000'000}, {16, 64, 512}});
BENCHMARK(BM_hit)->ArgsProduct({{10'000, 100'000, 1'000'000, k10M}, {16}, {0, 1, 2, 4, 8, 16, 32}});
BENCHMARK(BM_hit)->ArgsProduct({{1'000'000}, {64, 512}, {0, 1, 4, 16, 32}});
BENCHMARK(BM_hit_shared)->ArgsProduct({{10'000, 1'000'000, k10M}, {0, 16}});
BENCHMARK(BM_miss)->ArgsProduct({{10'000, 100'000, 1'000'000, k10M}, {0, 16}});
BENCHMARK(BM_overwrite)->ArgsProduct({{1'000'000}, {16, 64, 512}, {1, 16}});
BENCHMARK(BM_insert)->RangeMultiplier(10)->Range(10'000, k10M)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_erase)->RangeMultiplier(10)->Range(10'000, 1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_rehash)->RangeMultiplier(10)->Range(10'000, k10M)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rota
