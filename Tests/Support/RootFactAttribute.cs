namespace ChunkUpload.Tests.Support;

/// <summary>A test of the service's behaviour as root; skipped for other users.</summary>
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "runs as root only";
    }
}
