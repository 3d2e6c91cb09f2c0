using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Api.Advisor;

/// <summary>A change of the advice.</summary>
/// <param name="LimitedBy">The limit that determined the size; over in the last line, after which there is no more advice.</param>
/// <param name="ThroughputBps">Bits per second.</param>
/// <param name="Before">The results of the requests under the previous advice.</param>
internal sealed record AdviceStepView(
    DateTimeOffset At, long ChunkSize, int Concurrency, string LimitedBy, double? ThroughputBps, double? DeadTimeMs, double? MtbfSeconds,
        AdviceOutcomeView Before)
{
    public static AdviceStepView Of(AdviceStep step) => new(
        step.At, step.ChunkSize, step.Concurrency, step.LimitedBy, Rounded(step.Rate * 8), Rounded(step.DeadTime * 1000),
        Rounded(step.Mtbf, 1), new AdviceOutcomeView(step.Succeeded, step.Failed, step.Bytes));

    internal static double? Rounded(double? value, int digits = 0) => value is { } known ? Math.Round(known, digits) : null;
}

internal sealed record AdviceOutcomeView(int Succeeded, int Failed, long Bytes);

/// <summary>A network from which clients have uploaded.</summary>
/// <param name="Subject">The subject of the client.</param>
/// <param name="Network">The address without its last part.</param>
/// <param name="Class">slow, medium or fast; steady, unsteady or unstable.</param>
/// <param name="Requests">The number of requests with a body.</param>
/// <param name="Failures">The number of requests that were interrupted or contained wrong bytes.</param>
internal sealed record NetworkView(
    string Subject, string Network, string Class, DateTimeOffset FirstSeenAt, DateTimeOffset SeenAt, long UploadedBytes, long Requests,
        long Failures,
    double? ThroughputBps, double? DeadTimeMs, double? MtbfSeconds)
{
    public static NetworkView Of(KnownNetwork network)
    {
        var known = NetworkClass.Of(network.Figures);
        return new NetworkView(
            network.Key.Subject, network.Key.Network, known.Word, network.FirstSeenAt, network.SeenAt, network.Uploaded, network.Requests,
                network.Failures,
            AdviceStepView.Rounded(known.Rate * 8), AdviceStepView.Rounded(known.DeadTime * 1000), AdviceStepView.Rounded(known.Mtbf, 1));
    }
}
