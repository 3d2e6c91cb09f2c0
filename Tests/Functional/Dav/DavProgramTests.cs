using System.Diagnostics;
using System.Globalization;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>
/// rclone and cadaver on the drive. rclone copies as many odd names as CHUNKUPLOAD_DAV_FILES says and reads everything back to compare it;
/// without the variable the tests are skipped, because tools/check --all runs them.
/// </summary>
[Collection(FilesCollection.Name)]
public sealed class DavProgramTests(ApiFixture fixture)
{
    // No slash, and nothing that rclone encodes because other systems forbid it.
    private static readonly string[] Odd =
    [
        "plain", "with space", " leading", "trailing ", "per%20cent", "hash#tag", "question?mark", "plus+and&", "quote'double\"",
        "ü é 漢字", "😀", "colon:semi;", "comma,brackets[]", "back\\slash", "<angle>", "star*pipe|", "dot.", "..twodots", ".hidden", "tilde~$",
    ];

    [DavProgramTheory]
    [InlineData("other")]
    [InlineData("owncloud")]
    public async Task Rclone_copies_compares_moves_and_deletes(string vendor)
    {
        using var folder = new TempFolder();
        var source = Path.Combine(folder.Path, "source");
        var files = int.Parse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_DAV_FILES")!, CultureInfo.InvariantCulture);
        for (var i = 0; i < files; i++)
        {
            var below = Directory.CreateDirectory(Path.Combine(source, $"{Odd[i / 100 % Odd.Length]} {i / 100}")).FullName;
            var file = Path.Combine(below, $"{Odd[i % Odd.Length]}{i}");
            await File.WriteAllTextAsync(file, new string('x', i % 500) + i);
            File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(i));
        }

        var password = (await Tool.RunAsync(folder.Path, "rclone", "obscure", fixture.Service.Key)).Trim();
        var configuration = Path.Combine(folder.Path, "rclone.conf");
        await File.WriteAllTextAsync(configuration, $"""
            [drive]
            type = webdav
            url = {new Uri(fixture.Service.Address, "/dav/")}
            vendor = {vendor}
            user = anybody
            pass = {password}

            """);
        var place = $"drive:shared/rclone-{Guid.NewGuid():n}";
        Task<string> RcloneAsync(params string[] arguments) => Tool.RunAsync(
            folder.Path, "rclone", ["--config", configuration, "--retries", "1", "--transfers", "8", .. arguments]);

        await RcloneAsync("copy", source, place);
        await RcloneAsync("check", "--download", source, place);
        var listed = await RcloneAsync("lsf", "-R", "--files-only", place);
        Assert.Equal(files, listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        if (vendor == "owncloud")
        {
            // The times are kept, so that nothing is sent again.
            var again = await RcloneAsync("sync", "--dry-run", "--use-json-log", "-v", source, place);
            Assert.DoesNotContain("Skipped copy", again, StringComparison.Ordinal);
        }

        await RcloneAsync("move", place, $"{place}-moved");
        await RcloneAsync("check", "--download", source, $"{place}-moved");
        await RcloneAsync("purge", $"{place}-moved");
        Assert.DoesNotContain(
            $"{place["drive:shared/".Length..]}-moved", await RcloneAsync("lsf", "drive:shared/"), StringComparison.Ordinal);
    }

    [DavProgramFact]
    public async Task Cadaver_writes_reads_locks_copies_moves_and_deletes()
    {
        using var folder = new TempFolder();
        var place = $"cadaver-{Guid.NewGuid():n}";
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "a.txt"), "from cadaver");
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, ".netrc"), $"machine {fixture.Service.Address.Host} login anybody password {fixture.Service.Key}\n");
        File.SetUnixFileMode(Path.Combine(folder.Path, ".netrc"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string[] commands =
        [
            $"mkcol {place}", $"cd {place}", "put a.txt", "lock a.txt", "discover a.txt", "unlock a.txt", "copy a.txt b.txt",
            "move b.txt c.txt", "propset c.txt colour green", "propget c.txt colour", "get c.txt back.txt", "delete c.txt", "ls", "quit",
        ];
        var start = new ProcessStartInfo("cadaver", [new Uri(fixture.Service.Address, "/dav/shared/").ToString()])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["HOME"] = folder.Path },
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(string.Join('\n', commands) + "\n");
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.DoesNotContain("failed", output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("green", output, StringComparison.Ordinal);
        Assert.Equal("from cadaver", await File.ReadAllTextAsync(Path.Combine(folder.Path, "back.txt")));
    }

    private static string? Reason() => Environment.GetEnvironmentVariable("CHUNKUPLOAD_DAV_FILES") is null
        ? "runs with CHUNKUPLOAD_DAV_FILES=2000"
        : null;

    private sealed class DavProgramTheoryAttribute : TheoryAttribute
    {
        public DavProgramTheoryAttribute() => Skip = Reason();
    }

    private sealed class DavProgramFactAttribute : FactAttribute
    {
        public DavProgramFactAttribute() => Skip = Reason();
    }
}
