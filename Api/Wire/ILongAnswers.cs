namespace ChunkUpload.Api.Wire;

/// <summary>Limits the bytes of responses that are created and not sent yet.</summary>
internal interface ILongAnswers
{
    /// <summary>The size below which responses are not counted.</summary>
    const long Short = 64 << 10;

    /// <summary>
    /// Sends a response of about <paramref name="bytes"/> bytes, or refuses the request if too many bytes of responses are in memory.
    /// </summary>
    Task SendAsync(HttpContext context, long bytes, Func<Task> send);
}
