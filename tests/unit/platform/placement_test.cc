// SPDX-License-Identifier: BSD-3-Clause
#include "platform/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <numeric>
#include <set>
#include <thread>

#include "made_machine.h"

namespace rota {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Ids = std::vector<int>;

Ids range(int first, int last) {
    Ids ids(static_cast<size_t>(last - first + 1));
    std::iota(ids.begin(), ids.end(), first);
    return ids;
}

Machine two_sockets() { return make_machine({.nodes = {{16}, {16}}, .siblings = 2}); }
Machine four_ccx() { return make_machine({.nodes = {{4, 4, 4, 4}}, .siblings = 2}); }
Machine small_vm() { return make_machine({.nodes = {{2}}}); }

// The CPUs of the threads, in order; -1 for one that is not bound to a single CPU.
Ids pinned(const Placement& plan) {
    Ids cpus;
    for (const ThreadPlace& place : plan.threads)
        cpus.push_back(place.cpus.size() == 1 ? place.cpus[0] : -1);
    return cpus;
}

void expect_unbound(const Placement& plan) {
    EXPECT_FALSE(plan.revocable);
    for (const ThreadPlace& place : plan.threads) {
        EXPECT_THAT(place.cpus, IsEmpty());
        EXPECT_EQ(place.node, -1);
    }
}

void expect_same(const std::vector<Cpu>& read, const std::vector<Cpu>& made) {
    ASSERT_EQ(read.size(), made.size());
    for (size_t i = 0; i < read.size(); ++i) {
        EXPECT_EQ(read[i].id, made[i].id);
        EXPECT_EQ(read[i].package, made[i].package);
        EXPECT_EQ(read[i].core, made[i].core) << i;
        EXPECT_EQ(read[i].llc, made[i].llc) << i;
        EXPECT_EQ(read[i].node, made[i].node) << i;
        EXPECT_EQ(read[i].siblings, made[i].siblings) << i;
    }
}

// The plans below start from make_cpus(): that is also what the kernel's files would say.
void expect_read_as_made(const MachineShape& shape, const SysTree& tree = {}) {
    const TempFolder root;
    put_machine(root, make_cpus(shape), tree);
    expect_same(read_cpu_topology(root.root()).value(), make_cpus(shape));
}

TEST(CpuTopology, OfTwoSocketsIsReadAsMade) {
    expect_read_as_made({.nodes = {{16}, {16}}, .siblings = 2});
}

TEST(CpuTopology, OfFourCachesIsReadAsMade) { expect_read_as_made({.nodes = {{4, 4, 4, 4}}}); }

TEST(CpuTopology, OfASmallMachineIsReadAsMade) { expect_read_as_made({.nodes = {{2}}}); }

TEST(CpuTopology, OfAPatchyMachineIsReadAsMade) {
    expect_read_as_made({.nodes = {{1, 3}, {2}}, .siblings = 2, .offline = {0, 2, 7, 8}},
                        {.nodes_without_cpus = 1});
}

TEST(Placement, GivesEachThreadACoreOfOneSocket) {
    const Placement plan = plan_placement(two_sockets(), {.threads = 16});
    EXPECT_EQ(pinned(plan), range(0, 15));
    EXPECT_TRUE(plan.revocable);
    EXPECT_THAT(plan.remarks, IsEmpty());
    for (const ThreadPlace& place : plan.threads) EXPECT_EQ(place.node, 0);
    EXPECT_EQ(plan.threads[3].text, "cpus=3 core=3 llc=0 node=0 memory=0");
}

TEST(Placement, StaysWhereTheProcessStarted) {
    Machine machine = two_sockets();
    machine.start_cpu = 50;  // a sibling in the second socket
    EXPECT_EQ(pinned(plan_placement(machine, {.threads = 4})), range(16, 19));
}

TEST(Placement, SharesOneLastLevelCacheWhereTheThreadsFit) {
    Machine machine = four_ccx();
    machine.start_cpu = 9;
    EXPECT_EQ(pinned(plan_placement(machine, {.threads = 4})), range(8, 11));
}

TEST(Placement, GoesOnBehindAnotherCacheOfTheNodeBeforeItSharesCores) {
    EXPECT_EQ(pinned(plan_placement(four_ccx(), {.threads = 6})), range(0, 5));
}

TEST(Placement, SharesCoresOfTheNodeBeforeItLeavesTheNode) {
    const Machine machine = make_machine({.nodes = {{2}, {2}, {2}, {2}}, .siblings = 2});
    EXPECT_EQ(pinned(plan_placement(machine, {.threads = 4})), (Ids{0, 1, 8, 9}));
}

TEST(Placement, LeavesTheNodeAtLast) {
    const Machine machine = make_machine({.nodes = {{2}, {2}, {2}, {2}}});
    const Placement plan = plan_placement(machine, {.threads = 4});
    EXPECT_EQ(pinned(plan), (Ids{0, 1, 2, 3}));
    EXPECT_EQ(plan.threads[1].node, 0);
    EXPECT_EQ(plan.threads[2].node, 1);
}

TEST(Placement, PrefersTheNodeWithRoomForAll) {
    const Machine machine = make_machine({.nodes = {{5}, {4, 4, 4}}});
    EXPECT_EQ(pinned(plan_placement(machine, {.threads = 6})), range(5, 10));
}

TEST(Placement, PrefersTheCacheWithTheMostRoom) {
    const Machine machine = make_machine({.nodes = {{2, 6, 4}}});
    EXPECT_EQ(pinned(plan_placement(machine, {.threads = 6})), range(2, 7));
}

TEST(Placement, LeavesASmallMachineAlone) {
    for (const size_t threads : {1u, 2u, 3u, 8u}) {
        const Placement plan = plan_placement(small_vm(), {.threads = threads});
        ASSERT_EQ(plan.threads.size(), threads);
        expect_unbound(plan);
        EXPECT_EQ(plan.threads[0].text, "cpus=any memory=default");
    }
    EXPECT_THAT(plan_placement(small_vm(), {.threads = 2}).remarks,
                ElementsAre("2 threads and 2 cores: the kernel places the threads"));
}

TEST(Placement, LeavesASingleThreadAloneOnAnyMachine) {
    const Placement plan = plan_placement(two_sockets(), {.threads = 1});
    expect_unbound(plan);
    EXPECT_THAT(plan.remarks, IsEmpty());
}

TEST(Placement, LeavesASmallCpusetOfALargeMachineAlone) {
    Machine machine = two_sockets();
    machine.allowed = {4, 5, 6};
    expect_unbound(plan_placement(machine, {.threads = 2}));
}

TEST(Placement, CountsCoresRatherThanTheirSiblings) {
    Machine machine = two_sockets();
    machine.allowed = {4, 36, 5, 37};  // two cores
    expect_unbound(plan_placement(machine, {.threads = 2}));
}

TEST(Placement, KeepsToTheCpusetWhereItIsLarge) {
    Machine machine = two_sockets();
    machine.allowed = {3, 17, 18, 19, 35, 49};  // cores 3, 17, 18 and 19
    EXPECT_EQ(pinned(plan_placement(machine, {.threads = 2})), (Ids{17, 18}));
}

TEST(Placement, SkipsWhatIsOffline) {
    const Machine machine = make_machine({.nodes = {{8}}, .siblings = 2, .offline = {0, 1, 9}});
    // Core 0 is left with CPU 8, core 1 with none.
    EXPECT_EQ(pinned(plan_placement(machine, {.threads = 3})), (Ids{2, 3, 4}));
}

TEST(Placement, MakesDoWithoutCachesAndNodes) {
    const TempFolder root;
    Machine machine = make_machine({.nodes = {{4}, {4}}});
    put_machine(root, machine.cpus, {.caches = false, .nodes = false});
    machine.cpus = read_cpu_topology(root.root()).value();
    machine.start_cpu = 6;
    const Placement plan = plan_placement(machine, {.threads = 4});
    EXPECT_EQ(pinned(plan), range(4, 7));  // a package stands for a cache
    EXPECT_EQ(plan.threads[0].node, 0);
}

TEST(Placement, DoesNothingWhereTheKernelTellsNothing) {
    expect_unbound(plan_placement(Machine{}, {.threads = 3}));
}

TEST(Placement, ServerCpulistIsTheSetOfAllThreads) {
    const Placement plan =
        plan_placement(two_sockets(), {.threads = 3, .server_cpulist = "16-31:2,20"});
    for (const ThreadPlace& place : plan.threads) {
        EXPECT_THAT(place.cpus, ElementsAre(16, 18, 20, 22, 24, 26, 28, 30));
        EXPECT_EQ(place.node, 1);
        EXPECT_EQ(place.text, "cpus=16,18,20,22,24,26,28,30 llc=16 node=1 memory=1");
    }
    EXPECT_FALSE(plan.revocable);
}

TEST(Placement, ServerCpulistHoldsForASmallMachineToo) {
    const Placement plan = plan_placement(small_vm(), {.threads = 4, .server_cpulist = "1"});
    EXPECT_THAT(pinned(plan), Each(1));
}

TEST(Placement, IoThreadsCpulistGivesEachThreadItsCpuInOrder) {
    const Placement plan = plan_placement(
        two_sockets(), {.threads = 4, .server_cpulist = "0", .io_threads_cpulist = "9,2-3"});
    EXPECT_EQ(pinned(plan), (Ids{0, 9, 2, 3}));
}

TEST(Placement, IoThreadsBeyondTheListShareIt) {
    const Placement plan =
        plan_placement(two_sockets(), {.threads = 4, .io_threads_cpulist = "7,6"});
    EXPECT_THAT(plan.threads[0].cpus, IsEmpty());
    EXPECT_THAT(plan.threads[2].cpus, ElementsAre(6));
    EXPECT_THAT(plan.threads[3].cpus, ElementsAre(7, 6));
    EXPECT_THAT(plan.remarks, ElementsAre(HasSubstr("the last 1 may use any of them")));
}

TEST(Placement, SaysWhichDirectiveCannotBeFollowed) {
    Machine machine = small_vm();
    const Placement beyond = plan_placement(machine, {.threads = 2, .server_cpulist = "1-3"});
    EXPECT_THAT(pinned(beyond), Each(1));
    EXPECT_THAT(beyond.remarks,
                ElementsAre("server-cpulist: this process may not use 2 of these CPUs: 1-3"));
    const Placement none = plan_placement(machine, {.threads = 2, .server_cpulist = "7"});
    expect_unbound(none);
    EXPECT_EQ(none.remarks.size(), 1u);
    const Placement bad = plan_placement(machine, {.threads = 2, .io_threads_cpulist = "0,x"});
    expect_unbound(bad);
    EXPECT_THAT(bad.remarks, ElementsAre("io-threads-cpulist: not a list of CPUs: '0,x'"));
}

TEST(Placement, MemoryFollowsThePolicy) {
    PlacementRequest request{.threads = 2, .numa = NumaPolicy::interleave};
    Placement plan = plan_placement(two_sockets(), request);
    EXPECT_EQ(plan.threads[0].node, -1);
    EXPECT_THAT(plan.threads[0].text, HasSubstr("memory=interleaved"));
    request.numa = NumaPolicy::none;
    plan = plan_placement(two_sockets(), request);
    EXPECT_EQ(pinned(plan), (Ids{0, 1}));
    EXPECT_THAT(plan.threads[0].text, HasSubstr("memory=default"));
}

TEST(Placement, ThreadsOnSeveralNodesUseTheMemoryOfTheExecutors) {
    const Placement plan = plan_placement(
        two_sockets(), {.threads = 2, .server_cpulist = "16", .io_threads_cpulist = "17"});
    EXPECT_EQ(plan.threads[1].node, 1);
    const Placement wide = plan_placement(two_sockets(), {.threads = 2, .server_cpulist = "15-16"});
    EXPECT_EQ(wide.threads[0].node, -1);
}

// No CPU twice, all usable, one node as long as its cores last: whatever the machine.
TEST(Placement, NeverGivesACpuTwice) {
    for (const auto& caches : std::vector<std::vector<std::vector<int>>>{
             {{1}}, {{3}, {1}}, {{2, 3}, {7}, {1, 1}}, {{8, 8}, {8, 8}}, {{32}}}) {
        for (const int siblings : {1, 2, 4}) {
            const Machine machine = make_machine({.nodes = caches, .siblings = siblings});
            for (size_t threads = 1; threads <= 20; ++threads) {
                const Placement plan = plan_placement(machine, {.threads = threads});
                if (!plan.revocable) continue;
                const Ids cpus = pinned(plan);
                EXPECT_EQ(std::set<int>(cpus.begin(), cpus.end()).size(), threads);
                EXPECT_THAT(cpus, Each(testing::AnyOfArray(machine.allowed)));
            }
        }
    }
}

class PlacedThread : public testing::Test {
protected:
    // On a thread of its own: the test's stays where it is.
    template <class Act>
    void on_thread(Act&& act) {
        std::thread(std::forward<Act>(act)).join();
    }
    const Machine machine = read_machine();
};

TEST_F(PlacedThread, TakesItsPlaceAndLeavesItAgain) {
    const int last = machine.allowed.back();
    const Placement plan =
        plan_placement(machine, {.threads = 2, .io_threads_cpulist = std::to_string(last)});
    on_thread([&] {
        take_place(plan, 1);
        EXPECT_THAT(allowed_cpus(), ElementsAre(last));
        take_place(plan, 0);
        EXPECT_EQ(allowed_cpus(), machine.allowed);
        take_place(plan, 1);
        leave_place(plan);
        EXPECT_EQ(allowed_cpus(), machine.allowed);
        leave_place(plan, "bio-cpulist", std::to_string(last));
        EXPECT_THAT(allowed_cpus(), ElementsAre(last));
    });
}

TEST_F(PlacedThread, GoesOnWhereItIsWhenThePlaceCannotBeTaken) {
    on_thread([&] {
        Placement plan = plan_placement(machine, {.threads = 1});
        plan.threads[0] = {.cpus = {CPU_SETSIZE - 1}, .node = 1000, .text = {}};
        take_place(plan, 0);
        leave_place(plan, "bgsave-cpulist", "nonsense");
        EXPECT_EQ(allowed_cpus(), machine.allowed);
    });
}

TEST_F(PlacedThread, IsFreedFromOutsideWhenItsPlaceWasOurChoice) {
    on_thread([&] {
        Placement plan = plan_placement(machine, {.threads = 1});
        plan.threads[0].cpus = {machine.allowed.front()};
        take_place(plan, 0);
        const pid_t self = ::gettid();
        revoke_placement(plan, std::span(&self, 1));
        EXPECT_THAT(allowed_cpus(), ElementsAre(machine.allowed.front()));  // a directive's
        plan.revocable = true;
        on_thread([&] { revoke_placement(plan, std::span(&self, 1)); });
        EXPECT_EQ(allowed_cpus(), machine.allowed);
        EXPECT_EQ(plan.threads[0].text, "cpus=any");
        EXPECT_FALSE(plan.revocable);
    });
}

}  // namespace
}  // namespace rota
