namespace ChunkUpload.Api.Wire;

/// <summary>Limits how many bytes of answers are made and not sent yet.</summary>
internal interface ILongAnswers
{
    /// <summary>Shorter answers are not counted.</summary>
    const long Short = 64 << 10;

    /// <summary>
    /// Sends an answer of about <paramref name="bytes"/> bytes, or refuses the request when too many bytes of answers are in memory.
    /// </summary>
    Task SendAsync(HttpContext context, long bytes, Func<Task> send);
}
