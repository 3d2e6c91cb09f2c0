using System.Text.Json;

namespace ChunkUpload.Client;

/// <summary>The events that <see cref="ChunkUploadClient.ListenAsync"/> returns.</summary>
public enum EventScope
{
    /// <summary>Those of the key's owner.</summary>
    Own,

    /// <summary>Those of the tenant, for its admins.</summary>
    Tenant,

    /// <summary>All, for operators.</summary>
    All,
}

/// <summary>Something that changed at the service.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">
/// What happened, such as <c>created</c> or <c>completed</c> of an upload. <c>progress</c>: how far it is, at most four times a second,
/// with its name and bytes in the data. <c>reset</c>: events were missed, so that the state must be read again.
/// </param>
/// <param name="Topic">What it is about: <c>upload</c>, <c>transfer</c>, <c>space</c> and others; empty with <c>reset</c>.</param>
/// <param name="Id">The id of the subject.</param>
/// <param name="By">The user or key whose request caused it.</param>
/// <param name="Data">More, which depends on the kind.</param>
public sealed record ServiceEvent(DateTimeOffset At, string Kind, string Topic, string Id, string By, JsonElement Data);
