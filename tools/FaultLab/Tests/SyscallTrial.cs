using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>A call that is to fail, and how.</summary>
internal sealed record SyscallFault(ShimCall Call, int Code, int Which, bool Sticky)
{
    public const int TooManyOpenFiles = 24, InputOutput = 5, NoMemory = 12, NoSpace = 28, ReadOnly = 30, Quota = 122, Invalid = 22,
        CrossDevice = 18;

    // After these the store accepts no writes until a probe has passed, some seconds later.
    private static readonly int[] Hard = [InputOutput, ReadOnly];

    // Failures that do no harm: advice, calls that are repeated later, a close that closes all the same, and a sendfile that is replaced by
    // a read.
    private static readonly ShimCall[] NeverHarm = [ShimCall.Close, ShimCall.Advise, ShimCall.StatVfs, ShimCall.SendFile];

    public bool IsHarmless => Code <= 0 || NeverHarm.Contains(Call) || (Call is ShimCall.CopyFileRange && Code == CrossDevice);

    public bool IsSlow => !IsHarmless && Call is not ShimCall.UnlinkAt
        && (Hard.Contains(Code) || Call is ShimCall.Fsync or ShimCall.Fdatasync);

    public override string ToString() => $"{Call} {Which} fails with {Code}{(Sticky ? ", from then on" : "")}";

    public static IEnumerable<int> Codes(ShimCall call) => call switch
    {
        ShimCall.OpenAt => [TooManyOpenFiles, NoSpace, Quota, InputOutput, ReadOnly, Shim.Interrupted],
        ShimCall.Reopen or ShimCall.OpenDir => [TooManyOpenFiles, InputOutput, Shim.Interrupted],
        ShimCall.Pwrite => [NoSpace, Quota, Shim.Short, Shim.Interrupted, InputOutput, ReadOnly],
        ShimCall.RenameAt2 => [NoSpace, Quota, InputOutput, ReadOnly],
        ShimCall.Fallocate => [NoSpace, Quota, Shim.Interrupted, InputOutput],
        ShimCall.UnlinkAt => [InputOutput, ReadOnly, Shim.Interrupted],
        ShimCall.Ftruncate => [NoSpace, InputOutput, Shim.Interrupted],
        ShimCall.Clone => [NoSpace, InputOutput, Invalid, Shim.Interrupted],
        ShimCall.CopyFileRange => [NoSpace, InputOutput, CrossDevice, Shim.Short, Shim.Interrupted],
        ShimCall.Pread or ShimCall.Read or ShimCall.SendFile => [InputOutput, Shim.Short, Shim.Interrupted],
        ShimCall.Statx => [NoMemory, InputOutput],
        ShimCall.Close => [InputOutput, Shim.Interrupted],
        ShimCall.StatVfs => [InputOutput, Shim.Interrupted],
        ShimCall.Advise or ShimCall.SetFlags => [Invalid],
        ShimCall.MkdirAt => [NoSpace, InputOutput, Shim.Interrupted],
        _ => [InputOutput, NoSpace, Quota, Shim.Interrupted],
    };
}

/// <summary>
/// One use of the service with at most one fault. A refused request is repeated until it succeeds, and 500 is never allowed. A permanent
/// fault ends with the first refusal or after a wait.
/// </summary>
internal sealed class SyscallTrial(
    LabRun run, WitnessClient wire, Shim shim, string where, SyscallFault? fault, CancellationToken cancellationToken)
{
    private const int MostWaits = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    public SyscallFault? Fault => fault;

    /// <summary>A second fault besides the first.</summary>
    public SyscallFault? Other { get; init; }

    public bool HasFired => fault is not null && shim.Fired > 0;

    /// <summary>How many requests the service refused.</summary>
    public int Refusals { get; private set; }

    /// <summary>Arms the fault.</summary>
    public void Begin()
    {
        if (fault is not null)
            shim.Arm(fault.Call, fault.Code, fault.Which, fault.Sticky);
        if (Other is not null)
            shim.ArmToo(Other.Call, Other.Code, Other.Which);
    }

    /// <summary>Repeats the request until the answer is good. An answer that only says "not yet" is no refusal.</summary>
    public async Task<Answer> UntilAsync(string what, Func<Task<Answer?>> ask, Func<Answer, bool> good)
    {
        var (began, waits) = (TimeProvider.System.GetTimestamp(), 0);
        while (true)
        {
            var answer = await ask();
            if (answer is not null && good(answer))
            {
                run.Acknowledged++;
                return answer;
            }

            run.Check(answer?.Status is not 500, $"{where}, and {what} was answered with {answer}");
            if (answer?.Status is not 202)
                Refusals++;
            // While a permanent fault lasts, background work only ever answers "not yet".
            if (fault?.Sticky == true && shim.Fired > 0 && (answer?.Status is not 202 || ++waits == MostWaits))
                shim.Disarm();

            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new LabException($"{where}, and {what} does not go through when it has passed: {answer}");
            // This job probes a store that accepts no writes, so that the test need not wait for the periodic probe.
            if (answer?.Status is 503 or 423)
                _ = await wire.AskAsync(HttpMethod.Post, "/api/jobs/finish-pending/run", null, cancellationToken);
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    public void Violate(string what) => run.Violate($"{where}, and {what}");
}
