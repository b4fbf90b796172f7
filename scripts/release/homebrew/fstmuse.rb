cask "fstmuse" do
  version "@VERSION@"
  sha256 "@SHA256_MACOS@"

  url "https://github.com/@REPOSITORY@/releases/download/v#{version}/fstmuse-#{version}-macos-arm64.zip"
  name "FstMuse"
  desc "Mel spectrograms and genres of your music"
  homepage "https://github.com/@REPOSITORY@"

  livecheck do
    url :url
    strategy :github_latest
  end

  depends_on arch: :arm64
  depends_on macos: ">= :sonoma"

  app "FstMuse.app"
  binary "#{appdir}/FstMuse.app/Contents/MacOS/fstmuse"

  zap trash: [
    "~/Library/Application Support/fstmuse",
    "~/Library/Caches/fstmuse",
    "~/Library/Preferences/fstmuse",
    "~/Library/Saved Application State/@ID@.savedState",
  ]
end
