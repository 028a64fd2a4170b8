// SPDX-License-Identifier: BSD-3-Clause
// JobExchange by rings: jobs go through one SPMC ring to whichever thread is free, answers come
// back through the MPSC ring.
// Threading: each part says whose it is. Nothing waits.
#pragma once

#include <algorithm>
#include <span>

#include "ring/spmc_ring.h"
#include "server/jobs.h"

namespace rota {

// Small, so that it stays in the caches. Full: the executor does the work itself.
inline constexpr size_t kSharedCells = 256;

class JobExchange {
public:
    static constexpr bool kAnyThread = true;  // a job is for whoever comes first

    explicit JobExchange(ResultRing& answers) : answers_(answers) {}

    // ---- The executor

    // Before thread `index` starts.
    void prepare(int /*index*/) {}
    // Takes what fits; the rest is still the caller's.
    size_t hand_out(std::span<const SharedJob> jobs, int /*active*/) { return queue_.push(jobs); }
    // Jobs that nobody has taken yet.
    size_t take_back(std::span<SharedJob> out) { return queue_.pop(out); }
    size_t depth() const { return queue_.size(); }
    bool has_jobs_of(int /*index*/) const { return depth() > 0; }
    size_t answers(std::span<ExecutorJob> out) { return answers_.pop(out); }
    bool has_answers() const { return answers_.has_items(); }

    // ---- Thread `index`, while it is one of the first `active`

    // Takes its share of what waits, so that those who come after it find something, too.
    size_t claim(int index, int active, std::span<SharedJob> out) {
        if (index > active) return 0;
        const size_t share = queue_.size() / static_cast<size_t>(active);
        return queue_.pop(out.first(std::clamp<size_t>(share, 1, out.size())));
    }
    class Answerer {
    public:
        Answerer(JobExchange& exchange, int /*index*/) : producer_(exchange.answers_) {}
        void push(ExecutorJob job) { producer_.push(job); }
        // True when nothing waits for room any more. Until then the thread may not sleep.
        bool retry() { return producer_.retry(); }

    private:
        ResultRing::Producer producer_;
    };

private:
    SpmcRing<SharedJob, kSharedCells> queue_;
    ResultRing& answers_;
};

}  // namespace rota
