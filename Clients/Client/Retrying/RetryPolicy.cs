namespace ChunkUpload.Client;

/// <summary>When to give up one class of failures, and how long to wait before.</summary>
/// <param name="Attempts">The most failures in a row without progress; null means any number.</param>
/// <param name="FirstPause">The first pause; the service's advice and Retry-After may lengthen it.</param>
/// <param name="Factor">How much longer each further pause is.</param>
/// <param name="LongestPause">No pause is longer, unless the service asks for it.</param>
/// <param name="Deadline">Give up after this time without progress; null means never.</param>
public sealed record RetryRule(int? Attempts, TimeSpan FirstPause, double Factor, TimeSpan LongestPause, TimeSpan? Deadline)
{
    /// <summary>A random pause within the upper half, so that clients that failed together do not return together.</summary>
    internal TimeSpan PauseAfter(int failures, Random random)
    {
        var most = Math.Min(FirstPause.TotalMilliseconds * Math.Pow(Factor, Math.Min(failures - 1, 32)), LongestPause.TotalMilliseconds);
        return TimeSpan.FromMilliseconds((most / 2) + (random.NextDouble() * most / 2));
    }
}

/// <summary>A rule for each class of failures that can pass; all other classes are never repeated.</summary>
public sealed record RetryPolicy
{
    /// <summary>The defaults of all rules.</summary>
    public static RetryPolicy Default { get; } = new();

    /// <summary>The service has never answered: the address may be wrong.</summary>
    public RetryRule Unreachable { get; init; } = Rule(null, 0.25, 2, 4, 15);

    /// <summary>Connections that break or hang.</summary>
    public RetryRule Network { get; init; } = Rule(null, 0.25, 2, 15, 6 * 3600);

    /// <summary>An overloaded, stopping or failing service, and limits of its rate.</summary>
    public RetryRule Server { get; init; } = Rule(null, 0.5, 2, 30, 3600);

    /// <summary>A chunk whose bytes arrived wrong.</summary>
    public RetryRule Checksum { get; init; } = Rule(3, 0.1, 2, 1, null);

    internal RetryRule? For(TransferException failure, bool reached) => failure switch
    {
        { IsTransient: false } => null,
        { Failure: TransferFailure.Network } => reached ? Network : Unreachable,
        { Failure: TransferFailure.Checksum } => Checksum,
        // Room can be made, and a rival can end; until then the service asks to wait.
        _ => Server,
    };

    private static RetryRule Rule(int? attempts, double first, double factor, double longest, double? deadline) => new(
        attempts, TimeSpan.FromSeconds(first), factor, TimeSpan.FromSeconds(longest),
        deadline is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
}
