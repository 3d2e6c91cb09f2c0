using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using ChunkUpload.Wire;

namespace ChunkUpload.Tests.Upgrade;

/// <summary>
/// Makes what is kept of a release, and restores it. With <c>CHUNKUPLOAD_KEEP_LEDGER=yes</c> it stays in <c>Tests/Upgrade</c>; with
/// <c>try</c> the test shows that the next release can be kept.
/// </summary>
public sealed class KeepingTests
{
    private static readonly string? Wish = Environment.GetEnvironmentVariable("CHUNKUPLOAD_KEEP_LEDGER");

    [KeepingFact]
    public async Task A_ledger_of_this_version_is_kept_and_goes_on_where_it_is_restored()
    {
        using var folder = new TempFolder();
        var root = Wish is "yes" ? Repository.Root : folder.Path;
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

    /// <summary>The ledger takes a minute to fill: tools/check --all asks for it.</summary>
    private sealed class KeepingFactAttribute : FactAttribute
    {
        public KeepingFactAttribute()
        {
            if (Wish is not ("yes" or "try"))
                Skip = "runs with CHUNKUPLOAD_KEEP_LEDGER=try";
        }
    }
}
