"""The house rules as tables: who may include whom, who may name which library, which words and
sizes are allowed. tidy.py applies them; ARCHITECTURE.md and STYLE.md say why."""
import re

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 5
COLUMNS_MAX = 100

# Folder -> the beginnings of house headers that its files may include. The longest folder wins.
MAY_INCLUDE = {
    "device/src/ota/wire": ("ota/wire/",),
    "device/src/ota": ("ota/",),
    "device/src/ota_esp": ("ota/", "ota_esp/"),
    "device/src": ("ota/", "ota_esp/", "Otter"),
    "device/test": ("ota/", "ota_esp/", "publish/", "sim/", "device/test/"),
    "publish": ("ota/", "publish/"),
    "fleet": ("ota/wire/", "fleet/"),
    "sim": ("ota/", "publish/", "fleet/", "sim/"),
    "server": ("ota/wire/", "publish/", "fleet/", "server/"),
    "cli": ("ota/", "publish/", "fleet/", "sim/", "server/", "cli/"),
    "fuzz": ("ota/", "publish/", "fleet/", "sim/", "server/", "fuzz/"),
    "bench": ("ota/", "publish/", "fleet/", "sim/", "server/", "bench/"),
}
# Where the house's headers lie: beginning -> folder it is relative to.
HEADER_ROOTS = {
    "ota/": "device/src", "ota_esp/": "device/src", "publish/": "", "fleet/": "", "sim/": "",
    "server/": "", "device/test/": "", "Otter": "device/src", "cli/": "", "fuzz/": "", "bench/": "",
}
# The portable core gets along with these: Debian's RISC-V toolchain has no C++ library.
CORE_HEADERS = {"stdint.h", "stddef.h", "string.h"}
# Folders whose files name the chip's own headers and may ask for its platform.
CHIP_FOLDERS = ("device/src/Otter", "device/src/ota_esp/", "device/examples/", "device/test/idf/",
                "device/test/arduino/", "device/test/fake_chip", "firmware/")

# Library header -> files that may name it. Each library is known in one file or folder only.
LIBRARIES = {
    r"boost/(asio|beast)\b": r"server/(http|tls)(_\w+)?\.\w+|publish/https_client\.cpp"
                            r"|bench/server_load\w*\.\w+",
    r"boost/json\b": r"(server|cli|publish)/.*",
    r"boost/(system|core)\b": r"(server|cli|publish)/.*",
    r"archive(_entry)?\.h$": r"server/backup_archive\.cpp",
    r"argon2\.h$": r"server/password\.cpp",
    r"divsufsort\.h$": r"publish/suffix_index\.cpp",
    r"lzma\.h$": r"publish/whole_encoder\.cpp",
    r"sqlite3\.h$": r"server/store_sqlite\w*\.(cpp|h)",
    r"openssl/": r"publish/(base64|host_crypto|keys|certificates|https_client|https_trust)\.cpp"
                 r"|publish/sealing\.cpp"
                 r"|server/(provider_keys\.cpp|tls(_\w+)?\.\w+)|sim/(fixed_key|memo_crypto)\.cpp"
                 r"|bench/server_load_client\.cpp|device/test/chip_tls_test\.cpp",
    r"CLI/": r"cli/.*",
    r"toml\+\+/": r"server/settings\.cpp",
    r"valijson/": r"cli/config_schema\.cpp",
    r"(gtest|gmock)/": r".*_test\.cpp|.*_fixture\.h|device/test/.*",
    r"benchmark/": r"bench/.*",
}

STANDARD_HEADERS = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv
    chrono cinttypes climits clocale cmath compare complex concepts condition_variable coroutine
    csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
    exception execution filesystem format forward_list fstream functional future initializer_list
    iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource
    mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator
    semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf
    string string_view strstream syncstream system_error thread tuple type_traits typeindex typeinfo
    unordered_map unordered_set utility valarray variant vector version
    stdint.h stddef.h string.h""".split()
)
POSIX_HEADERS = re.compile(
    r"(sys/\w+|arpa/inet|netinet/\w+|net/if|unistd|fcntl|errno|signal|stdlib|poll|netdb|pthread"
    r"|pwd|setjmp|spawn|stdio|termios|time|dirent|ucontext|malloc)\.h$"
)

# Words that say nothing; as whole words of a file's, folder's or type's name.
EMPTY_NAMES = {
    "common", "util", "utils", "helper", "helpers", "manager", "managers", "impl", "misc",
}
# Written in parts, or this file would break its own rule.
BANNED_TEXT = [
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b"), "unfinished work is an issue, not a comment"),
    (re.compile(r"(?<![\w.}~])/(wo" r"rk|ro" r"ot)/"), "a path of one machine"),
    (re.compile(r"\bfor" r" now\b|\bplace" r"holder\b(?!=)|\bnot" r" implemented\b", re.I),
     "say what it does, or leave it out"),
]
PLATFORM_MACRO = re.compile(
    r"#\s*(?:el)?if.*\b(_WIN32|__linux__|__APPLE__|__unix__|ESP_PLATFORM|ARDUINO\w*|__riscv\w*"
    r"|__XTENSA__|CONFIG_IDF_\w+)"
)

# A contract's words, in this order, after its sentence.
CONTRACT_WORDS = ("REQUIRES", "Errors", "Power", "Threads", "Cost", "Source")
NEAR_CONTRACT_WORDS = ("Requires", "REQUIRE", "Require", "Error", "Thread", "Costs", "Sources")

# Bytes kept for their own sake: nobody edits them to please a rule.
DATA_FOLDERS = {"corpus", "vectors"}
