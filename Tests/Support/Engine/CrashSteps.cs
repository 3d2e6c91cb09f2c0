namespace ChunkUpload.Tests.Support.Engine;

/// <summary>
/// The steps before which the crash tests end the process: every third one, from a random one on, because each one needs a restart and a
/// deep check; every one in <c>tools/check --all</c> and for the mutation tests. A failure names its step.
/// </summary>
internal static class CrashSteps
{
    public static readonly int Apart = Environment.GetEnvironmentVariable("CHUNKUPLOAD_CRASH_STEPS") == "all" ? 1 : 3;

    public static int First => Random.Shared.Next(Apart);
}
