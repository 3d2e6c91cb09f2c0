namespace ChunkUpload.Bench.Load;

/// <summary>
/// Rounds of a load before it is measured. JIT compilers finish in the background what a round has requested, and then count calls again:
/// after one round of B the next contained 0.25 s of their work, and of D1 and D2 0.26 s; after three rounds at most a twentieth of a
/// second.
/// </summary>
internal static class WarmUp
{
    public const int Turns = 3;

    private static readonly TimeSpan Compiling = TimeSpan.FromMilliseconds(700);

    public static async Task RunAsync(Func<Task> turn, CancellationToken cancellationToken)
    {
        for (var number = 0; number < Turns; number++)
        {
            await turn();
            await RestAsync(cancellationToken);
        }
    }

    public static Task RestAsync(CancellationToken cancellationToken) => Task.Delay(Compiling, TimeProvider.System, cancellationToken);
}
