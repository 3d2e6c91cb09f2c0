using System.Security.Cryptography;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Upgrade;

/// <summary>What is kept of each release: this version starts on it, loses nothing of it, and has not changed its migrations.</summary>
[Collection(KeepingTests.Collection)]
public sealed class UpgradeTests
{
    private const long MaxBytes = 2 << 20;

    public static TheoryData<string> Releases => [.. KeptRelease.All(Repository.Root).Select(release => release.Number)];

    [Theory]
    [MemberData(nameof(Releases))]
    [Trait("Runs", "release")]
    public async Task This_version_continues_what_a_release_has_left(string release) =>
        await new UpgradeCheck(KeptRelease.At(Repository.Root, release)).RunAsync();

    [Theory]
    [MemberData(nameof(Releases))]
    public void No_migration_of_a_release_was_changed_or_removed(string release)
    {
        var kept = KeptRelease.At(Repository.Root, release);
        Assert.InRange(kept.Bytes, 1, MaxBytes);
        var own = LedgerSchema.Embedded().Migrations.Take(kept.MigrationDigests.Count)
            .Select(one => KeyValuePair.Create(Path.GetFileName(one.FileName), Convert.ToHexStringLower(one.Checksum)));
        Assert.Equal(kept.MigrationDigests.OrderBy(one => one.Key), own.OrderBy(one => one.Key));
        Assert.All(kept.MigrationDigests, one => Assert.Equal(
            one.Value, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Repository.Root, "db", one.Key))))));
    }

    [Theory]
    [MemberData(nameof(Releases))]
    [Trait("Runs", "release")]
    public async Task An_older_version_refuses_the_ledger_with_a_sentence(string release)
    {
        var data = ServiceFolder.Create();
        try
        {
            await KeptCluster.RestoreAsync(KeptRelease.At(Repository.Root, release), data);
            await KeptCluster.AskAsync(
                data,
                """
                insert into chunkupload.migrations (number, name, checksum)
                select max(number) + 1000, 'of_a_newer_version', sha256('') from chunkupload.migrations
                """);
            await using var refused = ServiceProcess.Launch(data, ["serve", "--urls", "http://127.0.0.1:0"]);
            Assert.Equal(2, await refused.ExitCodeAsync());
            Assert.Contains(
                "The ledger was made by a newer version of ChunkUpload (it has migration 1", refused.Output, StringComparison.Ordinal);
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(data);
            ServiceFolder.Remove(data);
        }
    }
}
