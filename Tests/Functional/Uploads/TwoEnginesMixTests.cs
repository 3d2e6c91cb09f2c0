using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// Clients whose requests go to either of two nodes by chance, and break, hang, and come back. An offset that was answered never falls, and
/// the file is what was sent.
/// </summary>
public sealed class TwoEnginesMixTests(PostgresFixture postgres) : TwoEngineTests(postgres)
{
    private static TimeSpan Wait => new UploadOptions().TakeoverWait;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_stream(int seed)
    {
        var pair = await StartTwoAsync();
        var random = new Random(seed);
        var stream = await TestStream.CreateAsync(pair.A, TestSession.Bytes(40_000, seed));
        var known = 0;
        while (known < stream.Content.Length)
        {
            var first = random.Next(2) == 0;
            var (here, there) = (stream with { Rig = first ? pair.A : pair.B }, stream with { Rig = first ? pair.B : pair.A });
            var until = Math.Min(stream.Content.Length, known + 1 + random.Next(4000));
            switch (random.Next(6))
            {
                case 0:
                    Assert.Equal(known, TestSession.Expect(await here.OffsetAsync()).ReceivedBytes);
                    break;
                case 1 or 2:
                    known = (int)TestSession.Expect(await here.AppendAsync(stream.Request(known), until)).Offset;
                    Assert.Equal(until, known);
                    break;
                case 3 when until < stream.Content.Length:
                    Assert.Equal(until, (await here.BreakAsync(known, until)).Offset);
                    known = until;
                    break;
                case 4 when until < stream.Content.Length:
                    known = await HangAsync(here, there, known, until);
                    Assert.Equal(until, known);
                    break;
                case 5:
                    // The node does not hear the question: what it has not recorded is lost, and nothing else.
                    var asked = first ? pair.OfA : pair.OfB;
                    asked.IsDeaf = true;
                    Assert.Equal(known, await HangAsync(here, there, known, Math.Min(until, stream.Content.Length - 1), deaf: true));
                    asked.IsDeaf = false;
                    break;
                default:
                    break;
            }
        }

        var upload = await UploadAsync(pair.A, stream.Id);
        Assert.Equal((UploadState.Completed, Sha256Digest.Of(stream.Content)), (upload.State, upload.Sha256));
        await AssertWholeAtBothAsync(pair, new TestSession(pair.A, stream.Id, stream.Content));
        await AssertCleanAsync(pair);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_session(int seed)
    {
        var pair = await StartTwoAsync();
        var random = new Random(seed);
        var session = await TestSession.CreateAsync(pair.A, 12 * Part, declare: seed % 2 == 0, seed: seed);
        foreach (var chunk in Enumerable.Range(0, 12).OrderBy(_ => random.Next()).ToList())
        {
            var at = chunk * Part;
            var (here, there) = random.Next(2) == 0
                ? (session.In(pair.A), session.In(pair.B))
                : (session.In(pair.B), session.In(pair.A));
            switch (random.Next(6))
            {
                case 0:
                    await here.MustPutAsync(at, Part);
                    break;
                case 1:
                    var both = await Task.WhenAll(here.MustPutAsync(at, Part), there.MustPutAsync(at, Part));
                    Assert.Single(both, receipt => receipt.Fresh);
                    break;
                case 2:
                    await here.BreakAsync(at, Part, 4000);
                    Assert.Equal(4000, await there.KeptAsync(at));
                    await there.BreakAsync(at, Part, 6000, kept: 4000);
                    await here.MustPutAsync(at, Part, kept: 6000);
                    break;
                case 3:
                    using (var body = new TestBody())
                    {
                        var hanging = here.SendAsync(here.Request(at, Part), body.Announce(Part));
                        await body.SendAsync(here.Part(at, 3000));
                        Assert.Equal(3000, await there.KeptAsync(at));
                        Assert.Equal(UploadError.TakenOver, (await hanging).Failure?.Error);
                    }

                    await there.MustPutAsync(at, Part, kept: 3000);
                    break;
                case 4:
                    await here.MustPutAsync(at, Part);
                    await Task.WhenAll(there.MergeAsync(), here.MergeAsync());
                    break;
                default:
                    await here.MustPutAsync(at, Part);
                    TestSession.Expect(await there.ReopenAsync(at, Part));
                    await there.MustPutAsync(at, Part);
                    break;
            }
        }

        await session.In(pair.B).SettleAsync();
        TestSession.Expect(await session.In(pair.B).CompleteAsync());
        var reading = Task.WhenAll(Enumerable.Range(0, 4).Select(n => session.In(n % 2 == 0 ? pair.A : pair.B).ReadAsync()));
        await Task.WhenAll(session.SettleAsync(), session.In(pair.B).SettleAsync());
        Assert.All(await reading, bytes => Assert.Equal(session.Content, bytes));
        Assert.Equal(Sha256Digest.Of(session.Content), (await session.UploadAsync()).Sha256);
        await AssertWholeAtBothAsync(pair, session);
        await AssertCleanAsync(pair);
    }

    /// <returns>The offset that HEAD at the other node reports while a request hangs here.</returns>
    private static async Task<int> HangAsync(TestStream here, TestStream there, int known, int until, bool deaf = false)
    {
        using var body = new TestBody();
        var sending = here.SendAsync(here.Request(known), body.Announce(here.Content.Length - known));
        if (until > known)
            await body.SendAsync(here.Content.AsMemory(known, until - known));
        var head = there.OffsetAsync();
        if (deaf)
            await there.Rig.Time.PassAsync(Wait);
        var offset = TestSession.Expect(await head).ReceivedBytes;
        body.Break();
        Assert.False((await sending).Ok);
        return (int)offset;
    }
}
