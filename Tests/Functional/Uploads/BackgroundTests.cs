using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>The ledger queries of background work, which must still leave nothing undone.</summary>
public sealed class BackgroundTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Part = 5000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_chunk_is_merged_after_one_query_and_only_a_declared_digest_is_computed(bool declared)
    {
        var rig = await StartAsync(new EngineSetup { Background = true });
        var session = await TestSession.CreateAsync(rig, 40 * Part, declare: declared);
        for (var chunk = 0; chunk < 3; chunk++)
        {
            rig.Hooks.Seen.Clear();
            await session.MustPutAsync(chunk * (long)Part, Part);
            await rig.WhenIdleAsync();

            Assert.Equal(1, rig.Hooks.Count(nameof(IBackgroundLedger.UnplacedAsync)));
            Assert.Equal(declared, rig.Hooks.Count(nameof(IBackgroundLedger.SaveHashAsync)) > 0);
            Assert.Equal((chunk + 1) * (long)Part, (await session.UploadAsync()).PlacedBytes);
        }
    }

    [Fact]
    public async Task Chunks_beyond_a_batch_and_chunks_that_arrive_meanwhile_are_merged()
    {
        var rig = await StartAsync(new EngineSetup { Background = true });
        var session = await TestSession.CreateAsync(rig, 40 * Part);
        var look = rig.Hooks.HoldBefore(nameof(IBackgroundLedger.UnplacedAsync));
        var place = rig.Hooks.HoldBefore(nameof(IBackgroundLedger.PlaceAsync));
        for (var chunk = 20; chunk < 30; chunk++)
            await session.MustPutAsync(chunk * (long)Part, Part);
        await look.Reached;
        look.Open();
        await place.Reached;
        for (var chunk = 10; chunk < 20; chunk++)
            await session.MustPutAsync(chunk * (long)Part, Part);
        place.Open();
        await rig.WhenIdleAsync();

        Assert.Equal(20 * Part, (await session.UploadAsync()).PlacedBytes);
    }

    [Fact]
    public async Task Prefix_of_a_broken_chunk_is_freed_when_the_digest_completes_the_upload()
    {
        var rig = await StartAsync(new EngineSetup { Background = true });
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.BreakAsync(Part / 2, Part, 500);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        await rig.WhenIdleAsync();
        Assert.True(rig.Store.Enumerate(CancellationToken.None).Count() > 1);

        var save = rig.Hooks.HoldBefore(nameof(IBackgroundLedger.SaveHashAsync));
        var completing = session.CompleteAsync(sha256: Sha256Digest.Of(session.Content));
        await save.Reached;
        save.Open();
        TestSession.Expect(await completing);
        await rig.WhenIdleAsync();

        Assert.Single(rig.Store.Enumerate(CancellationToken.None));
        await session.AssertWholeAsync();
    }
}
