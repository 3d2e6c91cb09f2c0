using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using ChunkUpload.Wire;

namespace ChunkUpload.Tests.Upgrade;

/// <summary>
/// Shows that the next release can be kept: makes its ledger, restores it and continues it. With <c>CHUNKUPLOAD_KEEP_LEDGER=yes</c> the
/// ledger stays in <c>Tests/Upgrade</c>.
/// </summary>
[Collection(Collection)]
public sealed class KeepingTests
{
    /// <summary>The tests of kept ledgers, one at a time, because all use <see cref="LedgerMaker.SessionsAddress"/>.</summary>
    public const string Collection = "Kept ledgers";

    [Fact]
    [Trait("Runs", "release")]
    public async Task A_ledger_of_this_version_is_kept_and_continues_after_it_is_restored()
    {
        using var folder = new TempFolder();
        var root = Environment.GetEnvironmentVariable("CHUNKUPLOAD_KEEP_LEDGER") is "yes" ? Repository.Root : folder.Path;
        var release = KeptRelease.At(root, ProgramVersions.Text(ProgramVersions.Own));
        var data = ServiceFolder.Create();
        try
        {
            await using var maker = new LedgerMaker(data);
            var facts = await maker.MakeAsync();
            var dump = await KeptCluster.DumpAsync(data);
            await ServiceProcess.StopOrphanedDatabaseAsync(data);
            await release.KeepAsync(
                dump, data, facts,
                LedgerSchema.Embedded().Migrations.Select(
                    one => (Path.GetFileName(one.FileName), Convert.ToHexStringLower(one.Checksum))));
        }
        finally
        {
            ServiceFolder.Remove(data);
        }

        await new UpgradeCheck(release).RunAsync();
    }
}
