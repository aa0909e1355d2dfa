// The engine takes nothing from the heap, and keeps within its budgets: device_test's allocator
// counts what is asked of it while the engine runs.
#include <cstdio>
#include <cstdlib>

#include "device/test/engine_scenarios.h"

namespace otter {
namespace {

uint64_t heap_uses = 0;

void count_use() { heap_uses += EngineStack::is_inside() ? 1 : 0; }

}  // namespace
}  // namespace otter

// The linker leads here what this program's own objects, the core's among them, want of the heap:
// --wrap in CMakeLists.txt. _Znwm is operator new, _Zna its form for arrays, _Zd the deletes.
extern "C" {
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* old, size_t size);
void __real_free(void* old);
void* __real__Znwm(size_t size);
void* __real__Znam(size_t size);
void __real__ZdlPvm(void* old, size_t size);

void* __wrap_malloc(size_t size) { return otter::count_use(), __real_malloc(size); }
void* __wrap_calloc(size_t count, size_t size) {
  return otter::count_use(), __real_calloc(count, size);
}
void* __wrap_realloc(void* old, size_t size) {
  return otter::count_use(), __real_realloc(old, size);
}
void __wrap_free(void* old) { otter::count_use(), __real_free(old); }
void* __wrap__Znwm(size_t size) { return otter::count_use(), __real__Znwm(size); }
void* __wrap__Znam(size_t size) { return otter::count_use(), __real__Znam(size); }
void __wrap__ZdlPvm(void* old, size_t size) { otter::count_use(), __real__ZdlPvm(old, size); }
}

namespace otter {
namespace {

// docs/device.md
constexpr size_t kStackMax = 6 * 1024;   // [bytes]
constexpr int kErasesMax = 10;           // of otadata and journal, for one update
constexpr uint64_t kMinute = 60 * 1000;  // [ms]

class NoHeapTest : public testing::Test, protected EngineBench {
 protected:
  int erases() const { return board.storage.erases + board.boot_data.erases; }
};

TEST(HeapCount, CountsWhatTheEngineTakes) {
  EngineStack stack;
  heap_uses = 0;
  void* volatile kept = nullptr;  // or the compiler leaves both out
  stack.inside([&] {
    kept = new int(1);
    delete static_cast<int*>(kept);
  });
  EXPECT_EQ(heap_uses, 2u) << "new and delete";
  stack.inside([&] {
    kept = malloc(1);
    free(kept);
  });
  EXPECT_EQ(heap_uses, 4u);
  stack.inside([&] {
    stack.outside([&] {
      kept = new int(1);
      delete static_cast<int*>(kept);
    });
  });
  EXPECT_EQ(heap_uses, 4u) << "what a port takes";
}

TEST(EngineStack, MeasuresHowDeepItWas) {
  EngineStack stack;
  stack.inside([] {
    volatile uint8_t deep[20000];
    for (size_t i = 0; i < sizeof(deep); ++i) deep[i] = 1;
  });
#ifndef OTTER_SANITIZES_ADDRESSES
  EXPECT_GE(stack.used(), 20000u);
#endif
}

TEST_F(NoHeapTest, NoScenarioTakesAnything) {
  for (const EngineScenario& scenario : kEngineScenarios) {
    EngineBench bench;
    heap_uses = 0;
    scenario.play(bench);
    EXPECT_NE(bench.last_report().find(scenario.told), std::string::npos)
        << scenario.name << ": " << bench.last_report() << bench.board.lines;
    EXPECT_EQ(heap_uses, 0u) << scenario.name;
  }
}

TEST_F(NoHeapTest, AnUpdateErasesLittleBesideItsSlot) {
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  rest(kMinute);  // otadata is in order, and the device has its key
  const int before = erases();
  ASSERT_TRUE(update_bench(*this, "1.0.1", 1)) << board.lines;
  EXPECT_LE(erases() - before, kErasesMax);
  std::printf("erases outside of the slot: %d\n", erases() - before);
}

TEST_F(NoHeapTest, EveryScenarioKeepsWithinItsMemory) {
  size_t most = 0;
  for (const EngineScenario& scenario : kEngineScenarios) {
    EngineBench bench;
    scenario.play(bench);
    EXPECT_NE(bench.last_report().find(scenario.told), std::string::npos) << scenario.name;
    most = std::max(most, bench.guard.stack.used());
  }
#if defined(__OPTIMIZE__) && !defined(OTTER_COVERAGE)
  EXPECT_LE(most, kStackMax);
#endif
  std::printf("Updater: %zu bytes, caller's block: %zu bytes, stack: %zu bytes\n", sizeof(Updater),
              kWorkspaceSize, most);
}

}  // namespace
}  // namespace otter
