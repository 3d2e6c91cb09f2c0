using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Advisor;

/// <summary>Advises a client what to send next and when to retry. The policy decides; this class collects its input.</summary>
public sealed class ChunkAdvisor
{
    // An upload's history is read by people.
    private const int MostSteps = 500;

    private readonly NetworkBook _networks;
    private readonly AdviceRecorder _recorder;
    private readonly IAdvicePolicy _policy;
    private readonly AdviceLimits _limits;

    public ChunkAdvisor(
        NetworkBook networks, AdviceRecorder recorder, IOptions<AdvisorOptions> options, IOptions<UploadOptions> uploads,
        SharedReception reception)
    {
        (_networks, _recorder) = (networks, recorder);
        _limits = LimitsOf(options.Value, uploads.Value, reception);
        _policy = PolicyOf(options.Value, _limits, uploads.Value.MaxChunkSize);
    }

    /// <summary>Raised by the request that gets a new advice for its running upload; handlers must neither wait nor throw.</summary>
    public event Action<Upload, AdviceStep>? Advised;

    /// <summary>Begins an upload's measurements with what is known about the caller's network.</summary>
    public void Register(UploadId upload, Caller caller) => _ = _networks.GetOrAdd(upload, caller);

    /// <summary>Returns the advice for an upload, or general advice if the upload is null.</summary>
    public Advice Advise(Upload? upload)
    {
        var figures = Figures(upload, out var seen, out var silence);
        return AdviceText.Of(figures, seen, silence);
    }

    /// <summary>Returns the advice as figures only.</summary>
    public AdviceFigures Figures(Upload upload) => Figures(upload, out _, out _);

    /// <summary>
    /// Returns the advice before the first byte, from what is known about the caller's network and from what the caller reports.
    /// </summary>
    public Advice Ask(Caller caller, long? size, UploadProtocol protocol)
    {
        var known = NetworkBook.KeyOf(caller) is { } key ? _networks.KnownOf(key) : default;
        var network = new NetworkState(known);
        var question = QuestionOf(protocol) with
        {
            Remaining = size,
            RoundTrip = caller.Network?.RoundTrip ?? 0,
            HintedRate = caller.Network?.Rate ?? 0,
            Sparing = caller.Network?.Sparing == true,
        };
        return AdviceText.Of(_policy.Decide(network, question), network.Figures);
    }

    /// <summary>Returns when to retry after a failed response. Failures of the network, the ledger and the service count.</summary>
    public TimeSpan RetryAfter(Upload? upload)
    {
        var failures = upload is null ? 0 : Math.Max(upload.ConsecutiveFailures, _networks.Find(upload.Id)?.FailuresInRow ?? 0);
        var (from, to) = RetryDelay.After(failures, _networks.IsBusy, _limits);
        return TimeSpan.FromSeconds(from + ((to - from) * Random.Shared.NextDouble()));
    }

    private AdviceFigures Figures(Upload? upload, out NetworkFigures seen, out double silence)
    {
        silence = double.NaN;
        if (upload is null)
            return Cold(0, new AdviceQuestion { Shedding = _networks.IsBusy }, out seen);
        var (remaining, question) = (upload.Size - upload.ReceivedBytes, QuestionOf(upload.Protocol));
        if (_networks.Find(upload.Id) is not { } network)
            return Cold(upload.ConsecutiveFailures, question with { Remaining = remaining }, out seen);
        var figures = network.Decide(_policy, question, remaining, out seen);
        if (upload.State == UploadState.Open && remaining != 0 && network.Step(figures, MostSteps) is { } step)
        {
            _recorder.Add(step);
            Advised?.Invoke(upload, step);
        }

        silence = network.Silence;
        return figures;
    }

    private AdviceFigures Cold(int failures, in AdviceQuestion question, out NetworkFigures seen)
    {
        var network = new NetworkState(failures);
        seen = network.Figures;
        return _policy.Decide(network, question);
    }

    // Only a session's bytes may arrive at several offsets at a time.
    private AdviceQuestion QuestionOf(UploadProtocol protocol) => new()
    {
        MaxConcurrency = protocol == UploadProtocol.Session ? int.MaxValue : 1,
        Shedding = _networks.IsBusy,
    };

    private static AdviceLimits LimitsOf(AdvisorOptions advisor, UploadOptions uploads, SharedReception reception) => new()
    {
        MinSize = Math.Max(advisor.MinChunkSize, reception.LeastRequest),
        MaxSize = Math.Min(advisor.MaxChunkSize, uploads.MaxChunkSize),
        BodyLimit = advisor.ProxyBodyLimit,
        RequestTimeout = advisor.ProxyTimeout,
        Multiple = advisor.SizeMultiple,
        MaxConcurrency = advisor.MaxConcurrency,
        RetryBase = uploads.RetryBase,
        RetryCap = uploads.RetryCap,
        StallTimeout = advisor.StallTimeout,
    };

    /// <param name="most">The largest chunk that the service accepts; more is never advised.</param>
    private static IAdvicePolicy PolicyOf(AdvisorOptions options, AdviceLimits limits, long most) => options.Policy switch
    {
        AdvisorPolicy.Adaptive => new AdaptivePolicy(limits),
        AdvisorPolicy.Tiers => new TierPolicy(limits),
        AdvisorPolicy.Fixed => new FixedPolicy(limits with { MaxSize = Math.Min(most, Math.Max(limits.MaxSize, options.FixedSize)) },
            options.FixedSize, options.MaxConcurrency),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Policy, null),
    };
}
