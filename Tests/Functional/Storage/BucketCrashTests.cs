using ChunkUpload.Core.Moving;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Storage.S3;
using ChunkUpload.Tests.Functional.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Dapper;

namespace ChunkUpload.Tests.Functional.Storage;

/// <summary>
/// The process dies at each step of an upload that is received straight into the bucket. In the next incarnation the client resumes;
/// nothing acknowledged is missing, and nothing was ever on the disk.
/// </summary>
public sealed class BucketCrashTests(PostgresFixture postgres) : EngineCrashTests(postgres)
{
    private const int Part = 9_000;
    private const int Length = 3 * Part;

    private static readonly byte[] Content = TestSession.Bytes(Length);

    [Fact]
    public Task Dying_anywhere_on_the_way_of_a_stream_into_the_bucket() =>
        DieInBucketAsync(() => new StreamClient(Content, deferred: true), async (client, rig) =>
        {
            await client.CreateAsync(rig);
            await client.AppendAsync(4_000);
            await client.BreakAsync(7_000);
            await client.HangAsync(Part);
            await client.AppendAsync(2 * Part, size: Length);
            await client.BreakAsync(Length);
            await client.AppendAsync(Length);
        });

    [Fact]
    public Task Dying_anywhere_on_the_way_of_a_stream_that_is_created_with_all_its_bytes_in_the_bucket() =>
        DieInBucketAsync(() => new StreamClient(Content), async (client, rig) =>
        {
            foreach (var _ in Enumerable.Range(0, 3))
                await new StreamClient(Content).CreateWithUploadAsync(rig);
            await client.CreateWithUploadAsync(rig);
        });

    [Fact]
    public Task Dying_anywhere_on_the_way_of_a_session_into_the_bucket()
    {
        var session = default(TestSession);
        return DieInBucketAsync(
            async rig =>
            {
                session = null;
                session = await TestSession.CreateAsync(rig, Length);
                await session.MustPutAsync(Part, Part);
                await session.BreakAsync(0, Part, 4_000);
                await session.BreakAsync(0, Part, 6_000, kept: 4_000);
                await session.MustPutAsync(0, Part, kept: 6_000);
                await session.MustPutAsync(2 * Part, Part);
                TestSession.Expect(await session.CompleteAsync());
                await session.SettleAsync();
            },
            async next =>
            {
                session = session?.In(next) ?? await TestSession.CreateAsync(next, Length);
                if ((await session.UploadAsync()).State == UploadState.Open)
                {
                    for (var at = 0; at < Length; at += Part)
                        await session.MustPutAsync(at, Part, await session.KeptAsync(at) is var kept and < Part ? kept : 0);
                    TestSession.Expect(await session.CompleteAsync());
                }

                await session.SettleAsync();
                await session.AssertWholeAsync();
            });
    }

    [Fact]
    public Task Dying_anywhere_while_small_objects_are_joined()
    {
        var stream = default(TestStream);
        return DieInBucketAsync(
            async rig =>
            {
                stream = await TestStream.CreateAsync(rig, Content);
                for (var at = 0; at < Length; at += Part)
                    TestSession.Expect(await stream.AppendAsync(stream.Request(at), at + Part));
                return () => GatherAsync(rig);
            },
            async next =>
            {
                var session = new TestSession(next, stream!.Id, Content);
                await session.AssertWholeAsync();
                await GatherAsync(next);
                Assert.Single((await session.ExtentsAsync()).DistinctBy(extent => extent.File));
                await session.AssertWholeAsync();
                Assert.Equal(Sha256Digest.Of(Content), (await session.UploadAsync()).Sha256);
            });

        static async Task GatherAsync(EngineRig rig)
        {
            await rig.AgeAsync(TimeSpan.FromSeconds(301));
            await rig.Get<GatherFiles>().RunAsync(CancellationToken.None);
            Assert.Empty(await rig.Get<IReclaimLedger>().FenceSilentAsync(CancellationToken.None));
            Assert.True(await rig.Remover.RemoveSharedAsync(CancellationToken.None));
        }
    }

    private Task DieInBucketAsync(Func<StreamClient> make, Func<StreamClient, EngineRig, Task> scenario)
    {
        var client = make();
        return DieInBucketAsync(
            rig =>
            {
                client = make();
                return scenario(client, rig);
            },
            next => client.FinishAsync(next));
    }

    private Task DieInBucketAsync(Func<EngineRig, Task> scenario, Func<EngineRig, Task> finish) =>
        DieInBucketAsync(rig => Task.FromResult(() => scenario(rig)), finish);

    /// <param name="prepare">Does what comes before the scenario, and returns the scenario.</param>
    private async Task DieInBucketAsync(Func<EngineRig, Task<Func<Task>>> prepare, Func<EngineRig, Task> finish)
    {
        await using var s3 = await S3Rig.StartAsync();
        using var client = s3.Client();
        var bucket = s3.Options;
        bucket.Receive = true;
        await DieEverywhereAsync(
            async rig =>
            {
                Reach(rig, client);
                return new CrashScenario(rig, await prepare(rig), async next =>
                {
                    Reach(next, client);
                    await finish(next);
                    Assert.Empty(next.Store.Enumerate(CancellationToken.None));
                    await EndAllAsync(next);
                    Assert.True(await next.Remover.RemoveSharedAsync(CancellationToken.None));
                    await AssertNothingIsLeftAsync(next, client);
                });
            },
            new EngineSetup { Bucket = bucket });
    }

    /// <summary>Lets the engine die before each call on the bucket, too.</summary>
    private static void Reach(EngineRig rig, BucketClient client)
    {
        var stores = rig.Get<OtherStores>();
        if (stores.Shared is BucketStore { Id: var id })
            stores.Add(HookedProxy.Wrap<IObjectStore>(new BucketStore(id, client), rig.Hooks));
    }

    /// <summary>What is left in the bucket is of dead incarnations, and no row names it: the sweep removes it after a day.</summary>
    private static async Task AssertNothingIsLeftAsync(EngineRig rig, BucketClient client)
    {
        var bucket = rig.Get<OtherStores>().Shared!.Id;
        await using var connection = await rig.ConnectAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>(
            "select count(*) from stored_files where store = @Bucket and forget_at is null", new { Bucket = bucket }));
        await foreach (var one in new BucketStore(bucket, client).ListAsync(CancellationToken.None))
            Assert.NotEqual(rig.Incarnation, one.File.Incarnation);
    }
}
