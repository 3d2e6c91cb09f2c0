namespace ChunkUpload.Bench.Load;

/// <summary>
/// Turns of a load before it is measured. Compilers of runtimes finish in the background what a turn has asked for, and then count calls anew: after one turn of
/// B the next held 0.25 s of their work, and of D1 and D2 0.26 s; after three a twentieth of a second at most.
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
