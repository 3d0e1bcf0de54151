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

constexpr const char *ADDRESS_SUBTYPE = "S3_ADDRESS";
constexpr const char *BUCKETS[] = {"s3://", "s3a://", "s3n://", "gcs://", "gs://", "r2://"};

bool names_a_host(const string &place) {
	auto bucket = place.substr(0, place.find('/'));
	for (auto byte : bucket) {
		if (!StringUtil::CharacterIsAlphaNumeric(byte) && byte != '.' && byte != '-' && byte != '_') {
			return true;
		}
	}
	return place.find('?') != string::npos;
}

class RefusedAddresses : public FileSystem {
public:
	std::string GetName() const override {
		return "RefusedAddresses";
	}
	bool CanHandleFile(const string &path) override {
		for (std::string prefix : BUCKETS) {
			if (StringUtil::StartsWith(path, prefix)) {
				return names_a_host(path.substr(prefix.size()));
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
