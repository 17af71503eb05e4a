# Homebrew's formula, for the day that drydock has a place to be downloaded from: url and sha256 are
# then those of `make dist`. Untested: drydock is compiled for macOS (make portable), not yet run there.
class Drydock < Formula
  desc "Static container registries: stage image archives, sync them to a bucket"
  homepage "https://example.org/drydock"
  url "https://example.org/drydock/drydock-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "pkgconf" => :build
  depends_on "curl"
  depends_on "expat"
  depends_on "jansson"
  depends_on "libarchive"
  depends_on "libdeflate"
  depends_on "libmicrohttpd"
  depends_on "libxcrypt"
  depends_on "openssl@3"
  depends_on "sqlite"
  depends_on "zlib"
  depends_on "zstd"

  def install
    system "make", "install", "PREFIX=#{prefix}"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/drydock version")
    system bin/"drydock", "help"
  end
end
