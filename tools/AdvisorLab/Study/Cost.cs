using System.Globalization;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using Microsoft.Extensions.Options;

namespace ChunkUpload.AdvisorLab.Study;

/// <summary>
/// Measures what an outcome and the following advice cost the service: all calls of the engine for one request's body, from finding the
/// upload's link to updating its network, and the decision. The text of the advice is not included.
/// </summary>
internal static class Cost
{
    private const int Batches = 20;
    private const int Rounds = 50_000;
    private const int Reads = 4;
    private const int Uploads = 1000;
    private const double MostMicroseconds = 2;

    public static (string Text, bool IsMet) Measure(TimeProvider time)
    {
        var policy = new AdaptivePolicy(new AdviceLimits());
        var link = new NetworkState();
        var pure = Time(time, rounds => Figures(policy, link, rounds));
        var book = new NetworkBook(Options.Create(new AdvisorOptions()), time);
        // As many networks and uploads as a busy service has.
        var callers = Enumerable.Range(0, Uploads).Select(
            number => Caller.Operator with { Network = new ClientNetwork($"192.0.{number}.0/24") })
            .ToArray();
        var ids = callers.Select(_ => UploadId.New()).ToArray();
        var whole = Time(time, rounds => Whole(book, policy, ids, callers, rounds));
        var met = whole.Each <= MostMicroseconds && whole.Bytes < 0.01;
        return (string.Create(
            CultureInfo.InvariantCulture,
            $"{whole.Each:0.000} µs and {whole.Bytes:0.00} bytes per outcome and advice, of which {pure.Each:0.000} µs and "
                + $"{pure.Bytes:0.00} bytes for the figures and the policy (goal: at most 2 µs, nothing)"),
            met);
    }

    // The fastest of several batches, because other load makes the rest slower.
    private static (double Each, double Bytes) Time(TimeProvider time, Action<int> run)
    {
        run(Rounds);
        var (each, bytes) = (double.PositiveInfinity, GC.GetAllocatedBytesForCurrentThread());
        for (var batch = 0; batch < Batches; batch++)
        {
            var from = time.GetTimestamp();
            run(Rounds);
            each = Math.Min(each, time.GetElapsedTime(from).TotalMicroseconds / Rounds);
        }

        return (each, (double)(GC.GetAllocatedBytesForCurrentThread() - bytes) / Batches / Rounds);
    }

    private static void Figures(AdaptivePolicy policy, NetworkState link, int rounds)
    {
        long total = 0;
        var now = 0.0;
        for (var round = 0; round < rounds; round++)
        {
            link.Opened(now, total, 0.1);
            now += 0.8 + (round % 7 * 0.05);
            total += 1 << 20;
            var broke = round % 9 == 8;
            link.Ended(
                now, now, total,
                new BodyOutcome(broke ? NetworkOutcome.Disconnect : NetworkOutcome.Ok, 1 << 20, 1 << 20, broke ? 1 << 18 : 0));
            link.Advised = policy.Decide(link, new AdviceQuestion { Remaining = 1L << 40 }).Size;
        }
    }

    private static void Whole(NetworkBook book, AdaptivePolicy policy, UploadId[] ids, Caller[] callers, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            var which = round % Uploads;
            using (var body = book.Open(ids[which], callers[which]))
            {
                for (var read = 0; read < Reads; read++)
                    body.Read(256 << 10);
                var broke = round % 9 == 8;
                body.End(broke ? NetworkOutcome.Disconnect : NetworkOutcome.Ok, 1 << 20, broke ? 1 << 18 : 0);
            }

            _ = book.Find(ids[which])!.Decide(policy, new AdviceQuestion(), 1L << 40, out _);
        }
    }
}
