namespace ChunkUpload.Core.Access;

/// <summary>Distinguishes the cookies of several services on one host, because cookies ignore ports.</summary>
public interface IInstanceName
{
    /// <summary>A few letters and digits, the same after a restart. Available from the access start step on.</summary>
    string Value { get; }
}
