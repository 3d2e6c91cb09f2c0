namespace ChunkUpload.Core.Options;

/// <summary>The value of this setting is never shown: check-config and errors print <c>***</c> instead.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;
