// The last look at addresses of buckets, where they are opened: an option of COPY can add to one (FILENAME_PATTERN,
// FILE_EXTENSION), and a table's data can name others (a manifest of Iceberg), so that no plan shows them. httpfs would
// read an endpoint from them and send it what it signs with the account's secret. DuckDB asks every file system
// whether a path is for it, and prefers one that was set by hand: this one takes what no bucket's address may be, and
// refuses it. The same as `names_no_host` in the crate `duckling`, whose rule has the words for it.

#include "internal.hpp"

#include "duckdb/common/file_opener.hpp"
#include "duckdb/common/file_system.hpp"
#include "duckdb/common/string_util.hpp"

using namespace duckdb;

namespace {

constexpr const char *ADDRESS_SUBTYPE = "OBJECT_ADDRESS";

// What an address begins with, and what the name behind it may have beside letters and digits. To azure, what has a
// dot is not a container but an account's host; of `abfss://` every address names one.
struct Scheme {
	const char *prefix;
	const char *marks;
};
constexpr Scheme SCHEMES[] = {{"s3://", "-_."},  {"s3a://", "-_."}, {"s3n://", "-_."},   {"gcs://", "-_."},
                              {"gs://", "-_."},  {"r2://", "-_."},  {"az://", "-_$"},    {"azure://", "-_$"},
                              {"abfss://", ""}};

bool names_a_host(const string &place, const std::string &marks) {
	auto bucket = place.substr(0, place.find('/'));
	for (auto byte : bucket) {
		if (!StringUtil::CharacterIsAlphaNumeric(byte) && marks.find(byte) == std::string::npos) {
			return true;
		}
	}
	return marks.empty() || place.find('?') != string::npos;
}

class RefusedAddresses : public FileSystem {
public:
	std::string GetName() const override {
		return "RefusedAddresses";
	}
	bool CanHandleFile(const string &path) override {
		for (auto &scheme : SCHEMES) {
			if (StringUtil::StartsWith(path, scheme.prefix)) {
				return names_a_host(path.substr(strlen(scheme.prefix)), scheme.marks);
			}
		}
		return false;
	}
	bool IsManuallySet() override {
		return true;
	}

	unique_ptr<FileHandle> OpenFile(const string &, FileOpenFlags, optional_ptr<FileOpener>) override {
		refuse();
	}
	vector<OpenFileInfo> Glob(const string &, FileOpener *) override {
		refuse();
	}
	bool FileExists(const string &, optional_ptr<FileOpener>) override {
		refuse();
	}
	bool DirectoryExists(const string &, optional_ptr<FileOpener>) override {
		refuse();
	}
	void CreateDirectory(const string &, optional_ptr<FileOpener>) override {
		refuse();
	}
	void RemoveFile(const string &, optional_ptr<FileOpener>) override {
		refuse();
	}
	bool TryRemoveFile(const string &, optional_ptr<FileOpener>) override {
		refuse();
	}

private:
	[[noreturn]] static void refuse() {
		throw Exception({{"error_subtype", ADDRESS_SUBTYPE}}, ExceptionType::PERMISSION,
		                "the address of an S3 object has parameters, or a bucket that is none");
	}
};

} // namespace

void shim::refuse_addresses(DatabaseInstance &database) {
	database.GetFileSystem().RegisterSubSystem(make_uniq<RefusedAddresses>());
}
