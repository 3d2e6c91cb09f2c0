namespace ChunkUpload.Core.Access;

/// <summary>Distinguishes the cookies of several services on one host, because cookies ignore ports.</summary>
public sealed class InstanceName
{
    private string? _value;

    /// <summary>A few letters and digits, the same after a restart. Available from the access start step on.</summary>
    public string Value => _value ?? throw new InvalidOperationException("The instance has no name before it is started.");

    public void Set(string value) => _value = value;
}
