using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>Shared parts of the job endpoints.</summary>
internal static class JobRoutes
{
    public const string Run = """
        {"startedAt":"2026-01-15T09:07:00.012Z","durationMs":184.2,"outcome":"succeeded",
         "summary":"Ended 12 stale uploads and freed their space.","counts":{"ended":12,"waiting":0},"error":null,
         "node":"4be1f0c2a7d94d2f9c5b3f1d2a6e7b80","byHand":false}
        """;

    public const string Idle = $$"""
        {"name":"purge-stale-sessions","description":"Ends uploads that have gone without a byte for longer than allowed.",
         "schedule":"0 7 * * * ?","state":"idle","paused":false,"nextRunAt":"2026-01-15T10:07:00.000Z","lastRun":{{Run}},"running":null}
        """;

    public const string Running = """
        {"name":"scrub-files","description":"Reads finished files from the device and compares their SHA-256.","schedule":"0 41 1 * * ?",
         "state":"running","paused":false,"nextRunAt":"2026-01-16T01:41:00.000Z","lastRun":null,
         "running":{"startedAt":"2026-01-15T09:30:00.000Z","node":"4be1f0c2a7d94d2f9c5b3f1d2a6e7b80","progress":{"done":3,"total":null,
         "percent":null,"what":"holiday.mp4"}}}
        """;

    public static Refusal NoSuchJob { get; } = Refusal.Of(RequestError.NoSuchJob,
        "There is no job with this name. GET /api/jobs lists the jobs.");

    public static Refusal AlreadyRunning { get; } =
        Refusal.Of(RequestError.JobRunning, "The job is already running or about to start. GET /api/jobs shows its progress.");

    public static Refusal JobsOff { get; } = Refusal.Of(RequestError.JobsOff,
        "This process runs no jobs, because Jobs:Enabled is false. Set it to true and start the service again.");

    /// <summary>Returns the current state of the job, or the refusal.</summary>
    public static async Task<IResult> AnswerAsync(
        JobAnswer answer, int status, string name, IJobControl control, CancellationToken cancellationToken) => answer switch
        {
            JobAnswer.Unknown => NoSuchJob,
            JobAnswer.AlreadyRunning => AlreadyRunning,
            JobAnswer.Off => JobsOff,
            _ => await control.FindAsync(name, cancellationToken) is { } job
                ? JsonAnswer.Of(JobView.Of(job), ApiJson.Out.JobView, status)
                : NoSuchJob,
        };
}
