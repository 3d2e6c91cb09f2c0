namespace ChunkUpload.Agent;

/// <summary>The agent does not run, or refuses something, in a sentence.</summary>
internal sealed class AgentException(string code, string message) : Exception(message)
{
    public const string NoAgent = "no_agent";
    public const string PathTooLong = "socket_path_too_long";
    public const string AlreadyRuns = "agent_runs_already";
    public const string NoEntry = "no_such_entry";
    public const string BadRequest = "bad_request";
    public const string TooLong = "line_too_long";
    public const string Busy = "too_many_connections";
    public const string OtherVersion = "version_not_supported";
    public const string QueueFull = "queue_full";
    public const string NotSaved = "queue_not_saved";

    public string Code => code;
}
