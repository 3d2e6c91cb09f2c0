// Why a chunk has the size that it has; short enough for a line beside it.
export const limitedBy = {
  'cold-start': 'nothing measured yet', growth: 'grows, all went well', 'failure-rate': 'losses on this link',
  corruption: 'bytes came wrong', 'min-duration': 'smaller costs more', 'max-duration': 'long enough',
  'min-size': 'the smallest allowed',
  'max-size': 'the largest allowed', remaining: 'what is left', policy: 'set by the service',
  over: 'the upload has ended'
}
