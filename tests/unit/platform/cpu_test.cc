// SPDX-License-Identifier: BSD-3-Clause
#include "platform/cpu.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "platform/file.h"
#include "platform/huge_pages.h"
#include "platform/numa.h"
#include "platform/rusage.h"
#include "temp_folder.h"

namespace rota {
namespace {

using Ids = std::vector<int>;

TEST(CpuList, ReadsValkeysSyntax) {
    EXPECT_EQ(parse_cpu_list("0,2,3").value(), (Ids{0, 2, 3}));
    EXPECT_EQ(parse_cpu_list("0-3").value(), (Ids{0, 1, 2, 3}));
    EXPECT_EQ(parse_cpu_list("0-7:2").value(), (Ids{0, 2, 4, 6}));
    EXPECT_EQ(parse_cpu_list("5,1-2,2, 9-9:4").value(), (Ids{1, 2, 5, 9}));
    EXPECT_EQ(parse_cpu_list("1023").value(), Ids{1023});
}

TEST(CpuList, KeepsTheOrderWhereAskedTo) {
    EXPECT_EQ(parse_cpu_order("8,0-4:2,2,0,1").value(), (Ids{8, 0, 2, 4, 1}));
    EXPECT_FALSE(parse_cpu_order("8,x"));
}

TEST(CpuList, IsWrittenShort) {
    EXPECT_EQ(format_cpu_list({}), "");
    EXPECT_EQ(format_cpu_list({3}), "3");
    EXPECT_EQ(format_cpu_list({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
    EXPECT_EQ(format_cpu_list({8, 0, 2, 1}), "8,0,2,1");
}

TEST(CpuList, RefusesAnythingElse) {
    for (const char* bad : {"", "a", "1,", ",1", "3-1", "1-", "-1", "0-7:", "0-7:0", "0-7:x",
                            "1024", "0-99999999", "1 2", "99999999999"}) {
        const auto refused = parse_cpu_list(bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_NE(refused.error().message.find(std::string("'") + bad), std::string::npos);
    }
}

// Two packages of two cores with two threads each; one cache and one node per package.
TempFolder* make_two_sockets() {
    auto* root = new TempFolder;
    root->put("sys/devices/system/cpu/online", "0-7\n");
    for (int cpu = 0; cpu < 8; ++cpu) {
        const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu);
        const int core = cpu % 4;
        root->put(folder + "/topology/physical_package_id", core < 2 ? "0\n" : "1\n");
        root->put(folder + "/topology/thread_siblings_list",
                  std::to_string(core) + "," + std::to_string(core + 4) + "\n");
        root->put(folder + "/cache/index0/level", "1\n");
        root->put(folder + "/cache/index0/shared_cpu_list",
                  std::to_string(core) + "," + std::to_string(core + 4) + "\n");
        root->put(folder + "/cache/index1/level", "3\n");
        root->put(folder + "/cache/index1/shared_cpu_list", core < 2 ? "0-1,4-5\n" : "2-3,6-7\n");
    }
    root->put("sys/devices/system/node/online", "0-1\n");
    root->put("sys/devices/system/node/node0/cpulist", "0-1,4-5\n");
    root->put("sys/devices/system/node/node1/cpulist", "2-3,6-7\n");
    return root;
}

TEST(CpuTopology, TellsCoresCachesAndNodes) {
    const std::unique_ptr<TempFolder> root(make_two_sockets());
    const auto cpus = read_cpu_topology(root->root()).value();
    ASSERT_EQ(cpus.size(), 8u);
    EXPECT_EQ(cpus[5].id, 5);
    EXPECT_EQ(cpus[5].core, 1);
    EXPECT_EQ(cpus[5].siblings, (Ids{1, 5}));
    EXPECT_EQ(cpus[5].llc, 0);
    EXPECT_EQ(cpus[5].node, 0);
    EXPECT_EQ(cpus[7].package, 1);
    EXPECT_EQ(cpus[7].llc, 2);
    EXPECT_EQ(cpus[7].node, 1);
}

TEST(CpuTopology, MakesDoWithNothingButTheOnlineList) {
    const TempFolder root;
    root.put("sys/devices/system/cpu/online", "0,3\n");
    const auto cpus = read_cpu_topology(root.root()).value();
    ASSERT_EQ(cpus.size(), 2u);
    EXPECT_EQ(cpus[1].core, 3);
    EXPECT_EQ(cpus[1].llc, 0);  // the same package
    EXPECT_EQ(cpus[1].node, 0);
    EXPECT_FALSE(read_cpu_topology("/nonexistent"));
}

TEST(CpuTopology, KnowsThisMachine) {
    const auto cpus = read_cpu_topology().value();
    for (const int id : allowed_cpus()) {
        EXPECT_TRUE(std::ranges::any_of(cpus, [id](const Cpu& cpu) { return cpu.id == id; })) << id;
    }
}

TEST(Affinity, MovesTheCallingThreadOnly) {
    const Ids before = allowed_cpus();
    ASSERT_FALSE(before.empty());
    std::thread mover([&] {
        ASSERT_TRUE(set_affinity({before.back()}));
        EXPECT_EQ(allowed_cpus(), Ids{before.back()});
        EXPECT_EQ(::sched_getcpu(), before.back());
    });
    mover.join();
    EXPECT_EQ(allowed_cpus(), before);
    EXPECT_FALSE(set_affinity({}));
    EXPECT_FALSE(set_affinity({-1}));
}

TEST(ThreadName, IsCutToWhatTheKernelTakes) {
    std::thread named([] {
        set_thread_name("a very long thread name");
        EXPECT_EQ(read_file("/proc/thread-self/comm").value(), "a very long thr\n");
    });
    named.join();
}

TEST(Numa, HandsOutWritablePagesOfANode) {
    EXPECT_GE(numa_nodes(), 1);
    const int node = numa_node_of(allowed_cpus().front());
    EXPECT_LT(node, numa_nodes());
    auto* pages = static_cast<char*>(map_on_node(100'000, node).value());
    EXPECT_EQ(pages[99'999], 0);
    pages[99'999] = 1;
    unmap_pages(pages, 100'000);
    std::thread placed([&] {
        EXPECT_TRUE(prefer_numa_node(node));
        interleave_numa_nodes();
        prefer_local_node();
    });
    placed.join();
}

TEST(Numa, RefusesNodesThatDoNotExist) {
    EXPECT_FALSE(map_on_node(4096, numa_nodes()));
    EXPECT_FALSE(prefer_numa_node(-1));
}

TEST(MappedRegion, FallsBackToWhatTheMachineHas) {
    for (const auto kind : {PageKind::normal, PageKind::transparent, PageKind::reserved}) {
        MappedRegion region = MappedRegion::map(5'000'000, kind).value();
        ASSERT_GE(region.size(), 5'000'000u);
        EXPECT_LE(region.kind(), kind);
        if (kind != PageKind::normal) {
            EXPECT_EQ(reinterpret_cast<uintptr_t>(region.data()) % kHugePageBytes, 0u);
        }
        region.data()[region.size() - 1] = 'x';
        const MappedRegion moved = std::move(region);
        EXPECT_EQ(moved.data()[moved.size() - 1], 'x');
        EXPECT_EQ(region.data(), nullptr);
    }
    EXPECT_FALSE(MappedRegion::map(SIZE_MAX, PageKind::transparent));
}

TEST(MappedRegion, ReleasesOnlyWholePagesOfTheRange) {
    MappedRegion region = MappedRegion::map(4 * 4096, PageKind::normal).value();
    std::fill_n(region.data(), region.size(), 'x');
    region.release_range(100, 2 * 4096);
    EXPECT_EQ(region.data()[4095], 'x');
    EXPECT_EQ(region.data()[4096], 0);
    EXPECT_EQ(region.data()[2 * 4096], 'x');
    region.release_range(1, 10);
    EXPECT_EQ(region.data()[1], 'x');
}

TEST(Thp, ReadsTheMachinesSetting) {
    const TempFolder root;
    EXPECT_EQ(read_thp_mode(root.root()), ThpMode::unknown);
    root.put("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    EXPECT_EQ(read_thp_mode(root.root()), ThpMode::madvise);
    root.put("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    EXPECT_EQ(read_thp_mode(root.root()), ThpMode::always);
}

TEST(Thp, CanBeDisabledForTheProcess) {
    EXPECT_EXIT(std::_Exit(disable_thp() && thp_disabled() ? 7 : 8), testing::ExitedWithCode(7),
                "");
}

TEST(Rusage, CountsTheWorkOfAThread) {
    const CpuTime before = cpu_time(CpuTimeOf::thread);
    while (cpu_time(CpuTimeOf::thread).total_us() - before.total_us() < 5'000) {
    }
    EXPECT_GE(cpu_time(CpuTimeOf::process).total_us(),
              cpu_time(CpuTimeOf::thread).total_us() - 1'000);
    EXPECT_GE(cpu_time(CpuTimeOf::children).total_us(), 0);
}

TEST(Rusage, KnowsTheMemory) {
    EXPECT_GT(resident_bytes(), 100'000u);
    EXPECT_GE(peak_resident_bytes(), 100'000u);
    EXPECT_GT(system_memory_bytes(), resident_bytes());
}

}  // namespace
}  // namespace rota
