using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support.Engine;
using Dapper;

namespace ChunkUpload.Tests.Functional.Uploads;

public sealed partial class PrefixTests
{
    [Fact]
    public async Task A_file_that_had_its_name_already_when_the_process_died_is_continued()
    {
        var first = await StartAsync();
        var session = await TestSession.CreateAsync(first, Length);
        await session.BreakAsync(0, Length, 5000);
        var published = first.Hooks.HoldAfter(nameof(IStoredFileWriter.RenameDurablyAsync));
        var lost = session.PutAsync(0, Length, kept: 5000);
        await published.Reached;
        await first.KillAsync();
        published.Open();
        await Assert.ThrowsAsync<ProcessDiedException>(() => lost);
        var rig = Keep(await first.CrashAsync());
        session = session.In(rig);

        Assert.False(File.Exists(PathOf(rig, Assert.Single(EngineInvariants.FilesOf(rig, StoredFileKind.Chunk)), temporary: true)));
        Assert.Equal(5000, await session.KeptAsync(0));
        await session.MustPutAsync(0, Length, kept: 5000);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_hash_state_that_cannot_be_restored_is_made_up_for_by_reading()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        await using var connection = await rig.ConnectAsync();
        await connection.ExecuteAsync("update prefixes set hash_state = '\\x00'");

        await session.MustPutAsync(0, Length, kept: 5000);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }
}
