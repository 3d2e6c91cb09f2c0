namespace ChunkUpload.Api.Wire;

/// <summary>Limits the bytes of responses that are created and not sent yet.</summary>
internal interface ILongAnswers
{
    /// <summary>The size below which responses are not counted.</summary>
    const long Short = 64 << 10;

    /// <summary>
    /// The size that a streamed response counts as, whose length and time depend on how much there is. It limits how many a caller, a
    /// tenant and all together have at once.
    /// </summary>
    const long Streamed = 4 << 20;

    /// <summary>
    /// Sends a response of about <paramref name="bytes"/> bytes, or refuses the request if too many bytes of responses are in memory.
    /// </summary>
    Task SendAsync(HttpContext context, long bytes, Func<Task> send);
}
