namespace ChunkUpload.Tests.Support;

/// <summary>A test of what the service does when it runs as root; skipped for others.</summary>
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "runs as root only";
    }
}
