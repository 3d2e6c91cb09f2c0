namespace ChunkUpload.Core.Access;

/// <summary>Tells the cookies of services on one host apart, because cookies ignore ports.</summary>
public interface IInstanceName
{
    /// <summary>A few letters and digits, the same after a restart. Known from the start step of access on.</summary>
    string Value { get; }
}
