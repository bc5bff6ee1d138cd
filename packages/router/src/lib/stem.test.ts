import { describe, expect, test } from 'vitest'
import { stem } from './stem.ts'

describe('stem()', () => {
  test.each([
    ['deploy', 'deploys', 'deployed', 'deploying', 'deployment', 'deployments'],
    ['stop', 'stops', 'stopped', 'stopping'],
    ['restore', 'restores', 'restored', 'restoring'],
    ['verify', 'verifies', 'verified'],
    ['city', 'cities'],
    ['server', 'servers'],
  ])('joins the forms of %s', (...forms) => {
    expect(new Set(forms.map(stem)).size).toBe(1)
  })

  test.each([
    ['rest', 'restore'],
    ['build', 'ui'],
    ['author', 'auth'],
    ['class', 'clas'],
    ['status', 'statu'],
    ['bus', 'bu'],
  ])('keeps %s and %s apart', (a, b) => {
    expect(stem(a)).not.toBe(stem(b))
  })

  test('leaves short words, numbers and other scripts alone', () => {
    expect(['api', 'db', '#', 'k8s', 'службы'].map(stem)).toEqual(['api', 'db', '#', 'k8s', 'службы'])
  })
})
