#!/usr/bin/env python3
"""The walls between the layers, on a small project that is built with the real CMake code and, for each case,
one breach."""

import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))

CMAKE = """cmake_minimum_required(VERSION 3.25)
project(walled LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_UNITY_BUILD {together})
include({root}/common/cmake/Walls.cmake)
include_directories(${{CMAKE_SOURCE_DIR}})
include_directories(SYSTEM ${{CMAKE_SOURCE_DIR}}/../include)
function(walled name layer)
  add_library(${{name}} STATIC ${{ARGN}})
  set_target_properties(${{name}} PROPERTIES SANYUAN_LAYER ${{layer}})
  set_property(GLOBAL APPEND PROPERTY SANYUAN_WALLED_TARGETS ${{name}})
endfunction()
walled(orders_domain {layer} services/orders/domain/month.cc services/orders/domain/window.cc)
walled(digest digest common/digest/digest.cc)
walled(log_engine engine common/log/log_engine.cc)
walled(fake_client support tests/support/fake_client.cc)
sanyuan_walls()
"""

SOUND = {
    "services/orders/domain/window.cc": '#include "services/orders/domain/window.h"\nint Cartons() { return 1; }\n',
    "services/orders/domain/window.h": '#include <vector>\n#include "common/digest/digest.h"\nint Cartons();\n',
    "services/orders/domain/month.cc": "#include <vector>\nint Months() { return 12; }\n",
    "services/orders/rpc.h": "int Rpc();\n",
    "services/delivery/domain/stop.h": "int Stops();\n",
    "common/digest/digest.h": "int Hash();\n",
    "common/digest/digest.cc": '#include <openssl/evp.h>\n#include "common/digest/digest.h"\nint Hash() { return 1; }\n',
    "tests/support/fake_client.cc": "#include <grpcpp/grpcpp.h>\nint Fake() { return 1; }\n",
    "common/log/log_engine.cc": "#include <sqlite3.h>\nint Append() { return SQLITE_OK; }\n",
}

# Stand-ins for system headers: a library need not be installed to be forbidden.
SYSTEM = {
    "include/grpcpp/grpcpp.h": "namespace grpc {}\n",
    "include/librdkafka/rdkafka.h": "struct rd_kafka_s;\n",
    "include/hiredis/hiredis.h": "struct redisContext;\n",
    "include/sqlite3.h": "#define SQLITE_OK 0\n",
    "include/openssl/evp.h": "struct evp_md_st;\n",
    "include/indirect/client.h": "#include <grpcpp/grpcpp.h>\n",
    "include/orders.grpc.pb.h": "struct Stub;\n",
}


class Walls(unittest.TestCase):
    together = "OFF"

    @classmethod
    def setUpClass(cls):
        top = tempfile.mkdtemp(prefix="walls-")
        cls.addClassCleanup(shutil.rmtree, top)
        cls.folder = os.path.join(top, "project")
        cls.write_all(top, SYSTEM)
        cls.write({})
        code, output = cls.run_cmake("-G", "Ninja", "-S", ".", "-B", "build")
        assert code == 0, output

    @classmethod
    def write(cls, changes, layer="domain"):
        cmake = CMAKE.format(root=ROOT, layer=layer, together=cls.together)
        cls.write_all(cls.folder, {**SOUND, **changes, "CMakeLists.txt": cmake})

    @staticmethod
    def write_all(folder, files):
        """Writes what differs, so that a build does only what the case asks of it."""
        for path, text in files.items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    if file.read() == text:
                        continue
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    @classmethod
    def run_cmake(cls, *arguments):
        done = subprocess.run(["cmake", *arguments], cwd=cls.folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def build(self, changes=(), layer="domain"):
        self.write(dict(changes), layer)
        return self.run_cmake("--build", "build")

    def assert_breaks(self, built, *words):
        code, output = built
        self.assertNotEqual(code, 0, output)
        lines = [line for line in output.splitlines() if line.startswith("walls: ")]
        self.assertTrue(any(all(word in line for word in words) for line in lines), f"{words} not in\n{output}")

    def domain_including(self, header):
        header = header if header.startswith('"') else f"<{header}>"
        return {"services/orders/domain/window.h": f"#pragma once\n\n#include {header}\nint Cartons();\n"}

    def test_a_project_that_keeps_the_walls_builds_and_its_test_doubles_see_everything(self):
        code, output = self.build()
        self.assertEqual(code, 0, output)
        self.assertTrue(os.path.exists(os.path.join(self.folder, "build", "walls.stamp")))

    def test_a_domain_file_that_includes_a_client_library_breaks_the_build(self):
        for part, header in {
            "grpc": "grpcpp/grpcpp.h",
            "kafka": "librdkafka/rdkafka.h",
            "redis": "hiredis/hiredis.h",
            "sqlite": "sqlite3.h",
            "openssl": "openssl/evp.h",
        }.items():
            with self.subTest(part):
                built = self.build(self.domain_including(header))
                where = "services/orders/domain/window.h:3"
                self.assert_breaks(built, "services/orders/domain/window.cc", "layer domain", part, header, where)

    def test_generated_service_stubs_break_the_build(self):
        self.assert_breaks(self.build(self.domain_including("orders.grpc.pb.h")), "layer domain", "orders.grpc.pb.h")

    def test_a_client_library_behind_another_header_is_found(self):
        built = self.build(self.domain_including("indirect/client.h"))
        self.assert_breaks(built, "layer domain", "grpcpp/grpcpp.h", "a header of another library")

    def test_a_domain_does_not_see_another_context_nor_its_own_adapters(self):
        for header in ("services/delivery/domain/stop.h", "services/orders/rpc.h"):
            with self.subTest(header):
                built = self.build(self.domain_including(f'"{header}"'))
                self.assert_breaks(built, "layer domain", f"may not see {header}", "window.h:3")

    def test_a_domain_may_not_name_clocks_threads_chance_or_files(self):
        for header in ("chrono", "mutex", "random", "fstream"):
            with self.subTest(header):
                built = self.build(self.domain_including(header))
                self.assert_breaks(built, "services/orders/domain/window.h:3", "may not name", header)

    def test_an_engine_sees_one_client_library_only(self):
        two = "#include <hiredis/hiredis.h>\n#include <sqlite3.h>\nint Append() { return SQLITE_OK; }\n"
        self.assert_breaks(self.build({"common/log/log_engine.cc": two}), "log_engine", "redis", "sqlite")

    def test_a_domain_folder_cannot_pass_as_another_layer(self):
        self.assert_breaks(self.build(layer="adapter"), "services/orders/domain/window.cc", "layer domain")
        self.assert_breaks(self.build(layer="attic"), "unknown layer 'attic'")

    def test_a_breach_goes_on_breaking_the_build_until_it_is_mended(self):
        self.assert_breaks(self.build(self.domain_including("sqlite3.h")), "sqlite3.h")
        self.assert_breaks(self.run_cmake("--build", "build"), "sqlite3.h")
        code, output = self.build()
        self.assertEqual(code, 0, output)
        self.assert_breaks(self.build(self.domain_including("sqlite3.h")), "sqlite3.h")

    def test_a_generator_without_a_dependency_log_is_refused_with_the_way_out(self):
        for generator in ("Unix Makefiles", "Ninja Multi-Config"):
            with self.subTest(generator):
                self.write({})
                code, output = self.run_cmake("-G", generator, "-S", ".", "-B", generator)
                self.assertNotEqual(code, 0)
                self.assertIn(f"The generator is '{generator}'", " ".join(output.split()))
                self.assertIn("cmake --preset release", " ".join(output.split()))


class WallsOfSourcesCompiledTogether(Walls):
    together = "ON"


if __name__ == "__main__":
    unittest.main()
