using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// E3, E10, E13, E14, E27, E30: the process dies at each step of a stream or of a concatenation. In the next incarnation the client asks
/// for the offset and sends the rest; nothing acknowledged is missing, and nothing is left over.
/// </summary>
public sealed class StreamCrashTests(PostgresFixture postgres) : EngineCrashTests(postgres)
{
    private const int Part = 9_000;
    private const int Length = 3 * Part;

    private static readonly byte[] Content = TestSession.Bytes(Length);

    // Several checkpoints in a request.
    private static EngineSetup Setup => new() { Uploads = new UploadOptions { CheckpointBytes = 8 * KiB } };

    [Fact]
    public Task Dying_anywhere_on_the_way_of_a_stream_whose_length_is_declared_later() =>
        DieEverywhereAsync(() => new StreamClient(Content, deferred: true), async (client, rig) =>
    {
        await client.CreateAsync(rig);
        await client.AppendAsync(4_000);
        await client.BreakAsync(7_000);
        await client.AppendAsync(Part);
        await client.HangAsync(Part + 3_000);
        await client.AppendAsync(2 * Part, size: Length);
        await client.BreakAsync(Length - 100);
        await client.AppendAsync(Length);
    });

    [Fact]
    public Task Dying_anywhere_on_the_way_of_a_stream_that_is_created_with_all_its_bytes() =>
        DieEverywhereAsync(() => new StreamClient(Content), (client, rig) => client.CreateWithUploadAsync(rig));

    [Fact]
    public Task Dying_anywhere_on_the_way_of_a_stream_that_ends_with_its_last_request() =>
        DieEverywhereAsync(() => new StreamClient(Content, deferred: true, protocol: UploadProtocol.Ietf), async (client, rig) =>
    {
        await client.CreateAsync(rig);
        await client.AppendAsync(Part, completion: CompletionMode.Later);
        await client.HangAsync(2 * Part);
        await client.AppendAsync(Length, completion: CompletionMode.WithThisRequest);
    });

    [Fact]
    public Task Dying_anywhere_while_the_end_of_a_stream_is_declared_by_an_empty_request() =>
        DieEverywhereAsync(() => new StreamClient(Content, deferred: true), async (client, rig) =>
    {
        await client.CreateAsync(rig);
        await client.AppendAsync(Length);
        await client.AppendAsync(Length, size: Length);
    });

    [Fact]
    public Task Dying_again_anywhere_while_a_stream_is_continued() => DieEverywhereAsync(async rig =>
    {
        var client = new StreamClient(Content);
        await client.CreateAsync(rig);
        await client.BreakAsync(Part);
        var next = Keep(await rig.CrashAsync());
        return new CrashScenario(
            next, async () =>
            {
                await client.ResumeAsync(next);
                await client.AppendAsync(2 * Part);
                await client.AppendAsync(Length);
            },
            last => RecoverAsync(last, () => client.FinishAsync(last)));
    }, Setup);

    [Fact]
    public Task Dying_anywhere_while_a_relaxed_stream_is_flushed_at_its_end() =>
        DieEverywhereAsync(() => new StreamClient(Content), async (client, rig) =>
    {
        await client.CreateAsync(rig);
        await client.AppendAsync(Part);
        await client.AppendAsync(Length);
    }, Setup with { Storage = RelaxedTests.Relaxed.Storage });

    [Fact]
    public Task Dying_anywhere_while_a_relaxed_stream_is_verified_after_the_machine_went_down() => DieEverywhereAsync(async rig =>
    {
        var client = new StreamClient(Content);
        await client.CreateAsync(rig);
        await client.AppendAsync(Part);
        await RelaxedTests.PowerFailsAsync(rig);
        var next = Keep(await rig.CrashAsync());
        return new CrashScenario(
            next, async () =>
            {
                await client.ResumeAsync(next);
                await client.AppendAsync(Length);
            },
            last => RecoverAsync(last, () => client.FinishAsync(last)));
    }, Setup with { Storage = RelaxedTests.Relaxed.Storage });

    [Fact]
    public Task Dying_anywhere_while_a_stream_with_the_wrong_digest_ends() => DieEverywhereAsync(rig =>
    {
        var client = new StreamClient(Content, protocol: UploadProtocol.Ietf);
        return Task.FromResult(new CrashScenario(
            rig, async () =>
            {
                await client.CreateAsync(rig);
                await client.AppendAsync(Part, completion: CompletionMode.Later);
                await SendWrongRestAsync(client, Part);
            },
            next => RecoverAsync(next, async () =>
            {
                var now = await client.ResumeAsync(next);
                if (now.State == UploadState.Open)
                    await SendWrongRestAsync(client, now.ReceivedBytes);
                Assert.Equal(UploadState.Failed, (await client.Stream.OffsetAsync()).Value!.State);
            })));
    }, Setup);

    [Fact]
    public Task Dying_anywhere_while_a_stream_is_terminated() => DieEverywhereAsync(rig =>
    {
        var client = new StreamClient(Content);
        var terminated = false;
        return Task.FromResult(new CrashScenario(
            rig, async () =>
            {
                await client.CreateAsync(rig);
                await client.AppendAsync(Part);
                await client.BreakAsync(2 * Part);
                terminated = true;
                TestSession.Expect(await RemoveAsync(client.Stream));
            },
            next => RecoverAsync(next, async () =>
            {
                if (!terminated)
                {
                    await client.FinishAsync(next);
                    return;
                }

                // A client whose DELETE had no answer repeats it.
                await client.ResumeAsync(next);
                var again = await RemoveAsync(client.Stream);
                Assert.True(again.Ok || again.Failure.Error == UploadError.Cancelled, again.Failure?.ToString());
                Assert.Equal(UploadState.Cancelled, (await client.Stream.OffsetAsync()).Value!.State);
            })));
    }, Setup);

    [Fact]
    public Task Dying_anywhere_while_a_concatenation_waits_for_its_last_part() => JoinEverywhereAsync(async (rig, first, second, join) =>
    {
        await first.CreateWithUploadAsync(rig);
        await second.CreateAsync(rig);
        await second.AppendAsync(4_000);
        await join();
        await second.BreakAsync(6_000);
        await second.AppendAsync(Part);
    });

    [Fact]
    public Task Dying_anywhere_while_complete_parts_are_concatenated() => JoinEverywhereAsync(async (rig, first, second, join) =>
    {
        await first.CreateAsync(rig);
        await first.AppendAsync(2 * Part);
        await second.CreateWithUploadAsync(rig);
        await join();
    });

    private static Task<Result<Upload>> RemoveAsync(TestStream stream) =>
        stream.Rig.Catalog.RemoveAsync(TestSession.Me, stream.Id, CancellationToken.None);

    private static async Task SendWrongRestAsync(StreamClient client, long offset)
    {
        var request = client.Stream.Request(offset, CompletionMode.WithThisRequest) with { Sha256 = Sha256Digest.Of([1]) };
        Assert.Equal(UploadError.FileDigestMismatch, (await client.Stream.AppendAsync(request, Length)).Failure?.Error);
    }

    private Task DieEverywhereAsync(Func<StreamClient> make, Func<StreamClient, EngineRig, Task> scenario, EngineSetup? setup = null) =>
        DieEverywhereAsync(rig =>
        {
            var client = make();
            return Task.FromResult(new CrashScenario(
                rig, () => scenario(client, rig), next => RecoverAsync(next, () => client.FinishAsync(next))));
        }, setup ?? Setup);

    private Task JoinEverywhereAsync(Func<EngineRig, StreamClient, StreamClient, Func<Task>, Task> scenario) => DieEverywhereAsync(rig =>
    {
        var first = new StreamClient(Content[..(2 * Part)], part: true);
        var second = new StreamClient(Content[(2 * Part)..], part: true);
        UploadId? whole = null;
        return Task.FromResult(new CrashScenario(
            rig, async () =>
            {
                await scenario(rig, first, second, async () => whole = await JoinAsync(rig));
                await StreamClient.AssertWholeAsync(new TestSession(rig, whole!.Value, Content));
                // The joined upload outlives its parts.
                TestSession.Expect(await RemoveAsync(first.Stream));
                TestSession.Expect(await RemoveAsync(second.Stream));
            },
            next => RecoverAsync(next, () => ContinueAsync(next))));

        async Task<UploadId> JoinAsync(EngineRig rig) => TestSession.Expect(await rig.Get<UploadJoiner>().JoinAsync(
            TestSession.Expect(await rig.Intake.AdmitAsync(TestStream.Describe(null), CancellationToken.None)),
            [first.Stream.Id, second.Stream.Id], mayWait: true, CancellationToken.None)).Id;

        async Task ContinueAsync(EngineRig next)
        {
            foreach (var part in new[] { first, second })
            {
                if (!part.HasAddress || (await part.ResumeAsync(next)).State != UploadState.Deleted)
                    await part.FinishAsync(next);
            }

            var id = whole ?? await JoinAsync(next);
            // HEAD of the whole completes it if the last part's request could not.
            var progress = await next.Get<UploadJoiner>().ProgressAsync(
                (await next.Catalog.FindAsync(TestSession.Me, id, CancellationToken.None))!, CancellationToken.None);
            Assert.Equal((UploadState.Completed, Length), (progress.Upload.State, progress.ReceivedBytes));
            await StreamClient.AssertWholeAsync(new TestSession(next, id, Content));
        }
    }, Setup);
}
