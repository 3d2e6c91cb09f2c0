namespace ChunkUpload.Core.Hosting;

/// <summary>
/// The service cannot start, for a reason that the operator can correct. The message is one sentence that says what is wrong and what to
/// do. It is printed without a stack trace, and the process ends with exit code 2.
/// </summary>
public class StartRefusedException : Exception
{
    public StartRefusedException(string sentence)
        : base(sentence)
    {
    }

    public StartRefusedException(string sentence, Exception innerException)
        : base(sentence, innerException)
    {
    }

    public StartRefusedException()
    {
    }
}
