using System.Text.Json.Serialization;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Core.Events;

/// <summary>Something that happens while an upload is sent. It is neither stored nor replayed.</summary>
[JsonDerivedType(typeof(ChunkNotice), "chunk")]
[JsonDerivedType(typeof(RetryNotice), "retry")]
[JsonDerivedType(typeof(AdviceNotice), "advice")]
public abstract record UploadNotice(UploadId Upload, string Tenant, string Owner);

/// <summary>A chunk was verified and is durable.</summary>
public sealed record ChunkNotice(UploadId Upload, string Tenant, string Owner, ByteRange Range) : UploadNotice(Upload, Tenant, Owner);

/// <summary>A request broke off, so the client has to send again.</summary>
public sealed record RetryNotice(UploadId Upload, string Tenant, string Owner, FailedAttempt Attempt)
    : UploadNotice(Upload, Tenant, Owner);

/// <summary>The advice for the upload has changed.</summary>
public sealed record AdviceNotice(UploadId Upload, string Tenant, string Owner, AdviceStep Step) : UploadNotice(Upload, Tenant, Owner);
