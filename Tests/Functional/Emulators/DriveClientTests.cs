using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>Google's own client for node against the emulator. Where they disagree, the emulator is wrong.</summary>
public sealed class DriveClientTests
{
    [DriveClientFact]
    public async Task Googles_client_does_all_that_a_transfer_needs()
    {
        await using var rig = await DriveRig.StartAsync();
        var saw = await NodeClient.RunAsync("drive.mjs", null, ("DRIVE_ROOT", rig.Emulator.Address), ("DRIVE_TOKEN", "tok-ben"));
        Assert.Equal(
            "user:ben@example.test,repeated:409 fileIdInUse,small:true,statuses:[308,308,200],big:true,ranges:[206,206],joined:true,"
            + "whole:true,pinned:true,revisions:[1311954,13],found:[true],names:[big.bin,small.txt,twin,twin,twin,twin,twin],moved:true,"
            + "gone:404,changes:[true,true,big.bin],quiet:0",
            saw.GetRawText().Replace("\"", "", StringComparison.Ordinal).Trim('{', '}'));
        Assert.DoesNotContain(rig.Emulator.Journal.Entries, entry => entry.Status >= 500);
    }

    private sealed class DriveClientFactAttribute : FactAttribute
    {
        public DriveClientFactAttribute() => Skip = NodeClient.Missing ?? (NodeClient.Has("@googleapis/drive")
            ? null
            : "the packages of Tests/Clients are not installed: run ./tools/test");
    }
}
