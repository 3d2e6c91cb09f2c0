using System.Reflection;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>The crash tests leave out no call that changes the ledger of uploads or the disk.</summary>
public sealed class CrashCoverageTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly Type[] Classes =
        [.. typeof(EngineCrashTests).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(EngineCrashTests)))];

    // Steps are counted only after the start. A death before this call is the one after the last step of the previous incarnation. A death
    // right after it is the one before the first step, in every scenario that begins with a creation.
    private static readonly HashSet<string> Starts = [nameof(IIncarnationLedger.BeginIncarnationAsync)];

    /// <summary>A new call that changes the ledger or the disk must come into a scenario.</summary>
    [Fact]
    public async Task Every_call_that_changes_the_ledger_of_uploads_or_the_disk_is_a_step_of_a_crash_test()
    {
        HashSet<string> steps = [.. Starts];
        foreach (var scenario in Classes.SelectMany(type => type.GetMethods()).Where(method => method.IsDefined(typeof(FactAttribute))))
        {
            var tests = (EngineCrashTests)Activator.CreateInstance(scenario.ReflectedType!, postgres)!;
            tests.Steps = steps;
            try
            {
                await (Task)scenario.Invoke(tests, null)!;
            }
            finally
            {
                await tests.DisposeAsync();
            }
        }

        var calls = typeof(PostgresUploadLedger).GetInterfaces().Append(typeof(IChunkStore)).Append(typeof(IStoredFileWriter))
            .SelectMany(role => role.GetMethods())
            .Where(method => !method.IsSpecialName && !method.IsDefined(typeof(QueryAttribute)))
            .Select(method => method.Name == nameof(IUploadLedger.CreateAsync) ? EngineHooks.CreateUpload : method.Name);
        Assert.Empty(calls.Except(steps));
    }
}
