// SPDX-License-Identifier: BSD-3-Clause
// What both kinds of JobExchange must do; built once for each.
#include "server/job_exchange.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <thread>

#include "client/client.h"
#include "server/batch.h"

namespace rota {
namespace {

class Exchange : public testing::Test {
protected:
    Exchange() {
        for (int index = 1; index <= kThreads; ++index) exchange->prepare(index);
    }
    SharedJob read_of(uint64_t id) { return {SharedJobKind::read, &clients.emplace_back(id)}; }

    static constexpr int kThreads = 3;
    const std::unique_ptr<ResultRing> ring = std::make_unique<ResultRing>();
    const std::unique_ptr<JobExchange> exchange = std::make_unique<JobExchange>(*ring);
    std::deque<Client> clients;  // they stay where they are
    std::array<SharedJob, 4> claimed;
    std::array<ExecutorJob, 4> answers;
    Batch batch;
};

TEST_F(Exchange, GivesEachJobToOneThread) {
    std::vector<SharedJob> jobs;
    for (uint64_t id = 1; id <= 9; ++id) jobs.push_back(read_of(id));
    EXPECT_EQ(exchange->hand_out(jobs, kThreads), 9u);
    EXPECT_EQ(exchange->depth(), 9u);
    std::vector<Client*> seen;
    for (int index = 1; seen.size() < 9; index = index % kThreads + 1) {
        const size_t count = exchange->claim(index, kThreads, claimed);
        for (size_t i = 0; i < count; ++i) seen.push_back(claimed[i].pointer<Client>());
    }
    EXPECT_EQ(exchange->depth(), 0u);
    std::sort(seen.begin(), seen.end(), [](auto a, auto b) { return a->id < b->id; });
    for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], &clients[i]);
}

TEST_F(Exchange, BringsTheAnswerBack) {
    const SharedJob job = read_of(1);
    ASSERT_EQ(exchange->hand_out({&job, 1}, 1), 1u);
    EXPECT_FALSE(exchange->has_answers());
    JobExchange::Answerer answerer(*exchange, 1);
    ASSERT_EQ(exchange->claim(1, 1, claimed), 1u);
    EXPECT_EQ(exchange->answers(answers), 0u);
    answerer.push({ToExecutor::batch, &batch});
    EXPECT_TRUE(answerer.retry());
    EXPECT_TRUE(exchange->has_answers());
    ASSERT_EQ(exchange->answers(answers), 1u);
    EXPECT_EQ(answers[0], ExecutorJob(ToExecutor::batch, &batch));
    EXPECT_EQ(exchange->answers(answers), 0u);
}

TEST_F(Exchange, BringsWhatNobodyAskedForToo) {
    JobExchange::Answerer answerer(*exchange, 2);
    answerer.push({ToExecutor::ended, &batch});
    ASSERT_EQ(exchange->answers(answers), 1u);
    EXPECT_EQ(answers[0].kind(), ToExecutor::ended);
}

TEST_F(Exchange, TakesWhatFitsAndNeverWaits) {
    std::vector<SharedJob> jobs;
    for (uint64_t id = 1; id <= 8 * kSharedCells; ++id) jobs.push_back(read_of(id));
    const size_t taken = exchange->hand_out(jobs, kThreads);
    EXPECT_GE(taken, kSharedCells);
    EXPECT_LT(taken, jobs.size());
    EXPECT_EQ(exchange->hand_out(std::span(jobs).subspan(taken), kThreads), 0u);
}

TEST_F(Exchange, LosesNothingBetweenThreads) {
    constexpr size_t kJobs = 20000;
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    std::array<Batch, kThreads> theirs;
    for (int index = 1; index <= kThreads; ++index) {
        threads.emplace_back([&, index] {
            JobExchange::Answerer answerer(*exchange, index);
            SharedJob job;
            while (!over) {
                if (exchange->claim(index, kThreads, {&job, 1}) == 0) continue;
                job.pointer<Client>()->io.loan.reads++;
                answerer.push({ToExecutor::batch, &theirs[static_cast<size_t>(index) - 1]});
                while (!answerer.retry()) continue;
            }
        });
    }
    std::vector<SharedJob> jobs;
    for (uint64_t id = 1; id <= kJobs; ++id) jobs.push_back(read_of(id));
    size_t given = 0, back = 0;
    while (back < kJobs) {
        const size_t most = std::min<size_t>(kJobs - given, 10);
        given += exchange->hand_out(std::span(jobs).subspan(given, most), kThreads);
        back += exchange->answers(answers);
    }
    over = true;
    for (std::thread& thread : threads) thread.join();
    for (const Client& client : clients) ASSERT_EQ(client.io.loan.reads, 1u);
}

}  // namespace
}  // namespace rota
