using System.Collections.Frozen;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Errors;

/// <summary>The one table: every failure that the service can answer with, its code, its status, and whether to try again.</summary>
internal static class ErrorTable
{
    private static readonly FrozenDictionary<UploadError, ErrorRow> Uploads = new Dictionary<UploadError, ErrorRow>
    {
        [UploadError.NotFound] = new("not_found", 404, Retry.Never, "There is no such upload or file"),
        [UploadError.Cancelled] = new("cancelled", 410, Retry.Never, "The upload was cancelled") { Ietf = 404 },
        [UploadError.Expired] = new("expired", 410, Retry.Never, "The upload has expired") { Ietf = 404 },
        [UploadError.Failed] = new("failed", 410, Retry.Never, "The upload has failed") { Ietf = 404 },
        [UploadError.Deleted] = new("deleted", 410, Retry.Never, "The file was deleted") { Ietf = 404 },
        // Not 5xx: the bytes are gone until an operator brings them back, and asking again does not help.
        [UploadError.Damaged] = new("damaged", 410, Retry.Never, "The stored bytes are damaged") { Ietf = 404 },
        [UploadError.AlreadyCompleted] = new("already_completed", 410, Retry.Never, "The upload is completed") { Tus = 403, Ietf = 400, IetfType = "completed-upload" },
        [UploadError.NotCompleted] = new("not_completed", 409, Retry.Never, "The upload is not completed"),
        [UploadError.Completing] = new("completing", 409, Retry.Backoff, "The upload is being completed") { Ietf = 423 },
        [UploadError.Paused] = new("paused", 409, Retry.Never, "The upload is paused") { Ietf = 423 },
        [UploadError.WrongProtocol] = new("wrong_protocol", 409, Retry.Never, "The upload belongs to another protocol") { Tus = 404, Ietf = 404 },
        [UploadError.Overlap] = new("overlap", 409, Retry.Never, "Other bytes were received there"),
        [UploadError.BeyondSize] = new("beyond_size", 413, Retry.Never, "The chunk passes the end of the file") { Ietf = 400, IetfType = "inconsistent-upload-length" },
        [UploadError.TooLarge] = new("too_large", 413, Retry.Never, "Larger than the service takes"),
        [UploadError.EmptyChunk] = new("empty_chunk", 400, Retry.Never, "A chunk has at least one byte"),
        [UploadError.LengthMismatch] = new("length_mismatch", 400, Retry.Never, "The body is not as long as announced"),
        [UploadError.DigestMissing] = new("digest_missing", 400, Retry.Never, "The SHA-256 is missing"),
        [UploadError.DigestMismatch] = new("digest_mismatch", 422, Retry.Backoff, "The bytes have another SHA-256"),
        [UploadError.FileDigestMismatch] = new("file_digest_mismatch", 422, Retry.Never, "The whole file has another SHA-256") { Ietf = 400 },
        // The status that tus gives it.
        [UploadError.ChecksumMismatch] = new("checksum_mismatch", 460, Retry.AtOnce, "The bytes have another checksum") { Ietf = 400 },
        [UploadError.ChecksumMissing] = new("checksum_missing", 400, Retry.Never, "The checksum did not come"),
        [UploadError.PartsMismatch] = new("parts_mismatch", 409, Retry.Never, "The parts cannot be joined") { Tus = 400 },
        [UploadError.Joined] = new("joined", 409, Retry.Never, "The upload is joined from others") { Tus = 403 },
        [UploadError.SizeMismatch] = new("size_mismatch", 409, Retry.Never, "The file has another size") { Tus = 400, Ietf = 400, IetfType = "inconsistent-upload-length" },
        [UploadError.SizeUnknown] = new("size_unknown", 409, Retry.Never, "The file's size is not known yet"),
        [UploadError.MissingRanges] = new("missing_ranges", 409, Retry.Never, "Some ranges are missing"),
        [UploadError.NoSuchRange] = new("no_such_chunk", 404, Retry.Never, "No bytes are kept there"),
        [UploadError.PrefixConflict] = new("prefix_conflict", 409, Retry.AtOnce, "Another part of the chunk is kept"),
        [UploadError.OffsetConflict] = new("offset_conflict", 409, Retry.AtOnce, "The upload stands at another offset") { IetfType = "mismatching-upload-offset" },
        [UploadError.IdempotencyMismatch] = new("idempotency_mismatch", 422, Retry.Never, "The key was used for another request"),
        [UploadError.Interrupted] = new("interrupted", 400, Retry.Backoff, "The request broke off") { Tus = 409 },
        [UploadError.MalformedBody] = new("malformed_body", 400, Retry.Never, "The body's framing is broken"),
        [UploadError.IdleTimeout] = new("idle_timeout", 408, Retry.Backoff, "No byte came for too long") { Tus = 409 },
        [UploadError.TakenOver] = new("taken_over", 409, Retry.Backoff, "Another request has taken over"),
        [UploadError.NoSpace] = new("no_space", 507, Retry.Backoff, "The disk has no room"),
        [UploadError.StoreDegraded] = new("storage_degraded", 503, Retry.Backoff, "The storage takes no writes"),
        [UploadError.VerifyFailed] = new("verify_failed", 503, Retry.Backoff, "The written bytes could not be read back"),
        [UploadError.StorageFailed] = new("storage_failed", 503, Retry.Backoff, "The storage failed"),
        [UploadError.LedgerUnavailable] = new("ledger_unavailable", 503, Retry.Backoff, "The database cannot be reached"),
        [UploadError.Stopping] = new("stopping", 503, Retry.Backoff, "The service is going down"),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<RequestError, ErrorRow> Requests = new Dictionary<RequestError, ErrorRow>
    {
        [RequestError.Unauthorized] = new("unauthorized", 401, Retry.Never, "A key is needed"),
        [RequestError.InvalidKey] = new("invalid_key", 401, Retry.Never, "The key is not valid"),
        [RequestError.NotPermitted] = new("not_permitted", 403, Retry.Never, "No permission for this call"),
        [RequestError.ForbiddenOrigin] = new("forbidden_origin", 403, Retry.Never, "Not from there"),
        [RequestError.NoSuchRoute] = new("no_such_route", 404, Retry.Never, "Nothing has this address"),
        [RequestError.MethodNotAllowed] = new("method_not_allowed", 405, Retry.Never, "Not with this method"),
        [RequestError.MediaTypeNotSupported] = new("unsupported_media_type", 415, Retry.Never, "Not with this content type"),
        [RequestError.BodyTooLarge] = new("body_too_large", 413, Retry.Never, "The body is too large"),
        [RequestError.MalformedJson] = new("malformed_json", 400, Retry.Never, "The body is not the JSON that is expected"),
        [RequestError.InvalidField] = new("invalid_field", 400, Retry.Never, "A field is not valid"),
        [RequestError.InvalidParameter] = new("invalid_parameter", 400, Retry.Never, "A query parameter is not valid"),
        [RequestError.InvalidCursor] = new("invalid_cursor", 400, Retry.Never, "The cursor is not valid"),
        [RequestError.InvalidOffset] = new("invalid_offset", 400, Retry.Never, "The offset is not valid"),
        [RequestError.InvalidName] = new("invalid_name", 400, Retry.Never, "The file name is not valid"),
        [RequestError.InvalidPath] = new("invalid_path", 400, Retry.Never, "The address is not valid"),
        [RequestError.InvalidHeader] = new("invalid_header", 400, Retry.Never, "A header is not valid"),
        [RequestError.MalformedDigest] = new("malformed_digest", 400, Retry.Never, "The digest is malformed"),
        [RequestError.DigestConflict] = new("digest_conflict", 400, Retry.Never, "Two digests contradict each other"),
        [RequestError.UnknownAlgorithm] = new("unknown_checksum_algorithm", 400, Retry.Never, "The checksum's algorithm is not known"),
        [RequestError.ExtensionOff] = new("extension_off", 400, Retry.Never, "This extension is off"),
        [RequestError.UnsupportedVersion] = new("unsupported_version", 412, Retry.Never, "This version of the protocol is not spoken"),
        [RequestError.TooSmall] = new("too_small", 400, Retry.Never, "Smaller than the service takes in this way"),
        [RequestError.PreconditionFailed] = new("precondition_failed", 412, Retry.Never, "A precondition does not hold"),
        [RequestError.RangeNotSatisfiable] = new("range_not_satisfiable", 416, Retry.Never, "The range lies outside the file"),
        [RequestError.TooManyRanges] = new("too_many_ranges", 416, Retry.Never, "Too many ranges in one request"),
        [RequestError.BadRequest] = new("bad_request", 400, Retry.Never, "The request is malformed"),
        [RequestError.RequestTimeout] = new("request_timeout", 408, Retry.Backoff, "The request took too long"),
        [RequestError.HeadersTooLarge] = new("headers_too_large", 431, Retry.Never, "The headers are too large"),
        [RequestError.UriTooLong] = new("uri_too_long", 414, Retry.Never, "The address is too long"),
        [RequestError.NoSuchJob] = new("no_such_job", 404, Retry.Never, "There is no such job"),
        [RequestError.JobRunning] = new("job_running", 409, Retry.Backoff, "The job is running"),
        [RequestError.NotReady] = new("not_ready", 503, Retry.Backoff, "The service is not ready"),
        [RequestError.InternalError] = new("internal_error", 500, Retry.Backoff, "The service has failed"),
    }.ToFrozenDictionary();

    public static IEnumerable<ErrorRow> All => Uploads.Values.Concat(Requests.Values);

    public static ErrorRow Of(UploadError error) => Uploads[error];

    public static ErrorRow Of(RequestError error) => Requests[error];
}
